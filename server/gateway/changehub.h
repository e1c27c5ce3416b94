// SPDX-License-Identifier: GPL-3.0-or-later
// One place where all list changes of all servers pass, so that ten thousand subscribers need one
// connection each. Several of one kind within a short time are told once.
#pragma once

#include "server/gateway/offers.h"
#include "server/upstream/registry.h"

#include <QtCore/QObject>
#include <QtCore/QSet>

namespace bridge::gateway {

class ChangeHub : public QObject
{
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds kPause{50};

    /// Both outlive the hub; what changed is forgotten in \a offers at once.
    ChangeHub(upstream::Registry *registry, OfferBook *offers);

    /// Begins to hear \a server.
    void follow(upstream::Server *server);
    /// Nothing of what \a server offers may be as it was: it was added, changed or removed.
    void replaced(const QString &server);

Q_SIGNALS:
    /// \a what: tools, prompts or resources. \a server may also be the place of a view, which
    /// shows something else now.
    void changed(const QString &server, const QString &what);
    /// \a server, or the view whose place it is, is no longer served.
    void gone(const QString &server);

private:
    void note(const QString &server, const QString &what);
    void tell();

    OfferBook *m_offers;
    QList<std::pair<QString, QString>> m_pending;
    Call m_telling;
};

} // namespace bridge::gateway
