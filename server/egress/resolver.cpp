// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/egress/resolver.h"

#include <QtCore/QPointer>
#include <QtNetwork/QHostInfo>

using namespace Qt::StringLiterals;

namespace bridge::egress {

Call resolve(const QString &host, Handler<QList<QHostAddress>> handler)
{
    auto kept = std::make_shared<Handler<QList<QHostAddress>>>(std::move(handler));
    const QPointer context(new QObject);
    const int id = QHostInfo::lookupHost(host, context, [kept, context](const QHostInfo &info) {
        context->deleteLater();
        const auto done = std::exchange(*kept, nullptr);
        if (!done)
            return;
        if (info.error() != QHostInfo::NoError || info.addresses().isEmpty())
            done(Error(ErrorCode::UpstreamFailed, u"There is no such host."_s));
        else
            done(info.addresses());
    });
    return Call([kept, context, id] {
        *kept = nullptr;
        if (!context)
            return;
        QHostInfo::abortHostLookup(id);
        context->deleteLater();
    });
}

} // namespace bridge::egress
