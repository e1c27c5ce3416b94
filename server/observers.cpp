// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/observers.h"

#include "common/base/ids.h"
#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "server/gate/visitor.h"
#include "server/routes/serversample.h"
#include "server/telemetry/remotemetrics.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QUrl>

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

QByteArray handlerOf(const http::ExchangeFields &fields)
{
    return fields.handler == "none"_L1 ? QByteArray() : fields.handler.toUtf8();
}

/// Which segment of \a path, counted from 0, is the id of a session by the \a route that matched,
/// -1 for none. A base path only adds segments in front.
qsizetype sessionSegment(const QString &path, const QString &route)
{
    const qsizetype place = route.indexOf("{session}"_L1);
    if (place < 0)
        return -1;
    return path.count(u'/') - route.count(u'/') + route.first(place).count(u'/');
}

/// For a \a path that no route matched, where anything behind the word that announces a session may
/// be its id: `/session//id`, `/session%2Fid`.
QString cutAtSession(const QString &path)
{
    static const QRegularExpression announced(u"/session(?![A-Za-z0-9]).+"_s,
                                              QRegularExpression::CaseInsensitiveOption
                                                  | QRegularExpression::DotMatchesEverythingOption);
    const QString plain = QUrl::fromPercentEncoding(path.toUtf8());
    const QRegularExpressionMatch match = announced.match(plain);
    return match.hasMatch() ? plain.first(match.capturedStart()) + "/session/{session}"_L1 : path;
}

/// The path without its query, which may hold secrets, and without the id of a session, which is
/// one.
QString pathOf(const http::ExchangeSummary &summary)
{
    const qsizetype query = summary.target.indexOf('?');
    QString path = QString::fromUtf8(query < 0 ? summary.target : summary.target.first(query));
    if (path.size() > 1 && path.endsWith(u'/'))
        path.chop(1);
    if (summary.fields.route.isEmpty())
        return cutAtSession(path).left(512);
    const qsizetype segment = sessionSegment(path, summary.fields.route);
    if (segment > 0) {
        qsizetype begin = 0;
        for (qsizetype i = 0; i < segment && begin >= 0; ++i)
            begin = path.indexOf(u'/', begin) + 1;
        const qsizetype end = path.indexOf(u'/', begin);
        path.replace(begin, (end < 0 ? path.size() : end) - begin, "{session}"_L1);
    }
    return path.left(512);
}

logging::FieldValue fieldValue(const QVariant &value)
{
    return value.typeId() == QMetaType::QString
               ? logging::FieldValue(value.toString())
               : logging::FieldValue(QJsonValue::fromVariant(value));
}

/// As the audit log writes him; empty for callers nobody identified.
QString userOf(const http::ExchangeSummary &summary)
{
    const auto *visitor = dynamic_cast<const gate::Visitor *>(summary.attachment.get());
    if (!visitor || visitor->caller()->principal()->isAnonymous())
        return {};
    return fingerprint(visitor->caller()->principal()->owner);
}

void log(const http::ExchangeSummary &summary)
{
    logging::Fields fields{{u"method"_s, QString::fromLatin1(summary.method)},
                           {u"path"_s, pathOf(summary)},
                           {u"status"_s, summary.status},
                           {u"duration_ms"_s, double(summary.durationUs) / 1000.0},
                           {u"bytes"_s, summary.responseBytes},
                           {u"client"_s, summary.client.toString()},
                           {u"request_id"_s, summary.requestId},
                           {u"trace_id"_s, summary.traceId}};
    if (const QString user = userOf(summary); !user.isEmpty())
        fields.append({u"user"_s, user});
    if (!summary.fields.server.isEmpty())
        fields.append({u"server"_s, summary.fields.server});
    if (!summary.fields.session.isEmpty())
        fields.append({u"session"_s, summary.fields.session});
    if (!summary.fields.tool.isEmpty())
        fields.append({u"tool"_s, summary.fields.tool});
    for (auto it = summary.fields.more.begin(); it != summary.fields.more.end(); ++it)
        fields.append({it.key(), fieldValue(it.value())});
    if (!summary.fields.errorType.isEmpty())
        fields.append({u"error_type"_s, summary.fields.errorType});
    const bool ours = summary.status >= 500;
    logging::event(logging::lcAccess(), ours ? logging::Level::Warning : logging::Level::Info,
                   u"request", fields);
}

} // namespace

void observe(http::Server &server, telemetry::Metrics &metrics)
{
    server.router().setObserver([&metrics](const http::Exchange &exchange) {
        metrics.requestStarted(exchange.request().method, handlerOf(exchange.fields()));
    });
    QObject::connect(&server, &http::Server::exchangeFinished, &server,
                     [&metrics](const http::ExchangeSummary &summary) {
                         telemetry::HttpSample sample;
                         sample.method = summary.method;
                         sample.handler = handlerOf(summary.fields);
                         sample.status = summary.status;
                         sample.requestBytes = summary.requestBytes;
                         sample.responseBytes = summary.responseBytes;
                         sample.seconds = double(summary.durationUs) / 1e6;
                         metrics.requestFinished(sample);
                         if (logging::lcAccess().isInfoEnabled() || summary.status >= 500)
                             log(summary);
                     });
}

void observe(sessions::SessionManager &sessions, telemetry::Metrics &metrics)
{
    QObject::connect(&sessions, &sessions::SessionManager::sessionCreated, &sessions,
                     [&metrics](const sessions::SessionPtr &session) {
                         metrics.sessionCreated();
                         logging::event(logging::lcSessions(), logging::Level::Info,
                                        u"session started",
                                        {{u"session"_s, session->logId()},
                                         {u"server"_s, session->record().key.server}});
                     });
    QObject::connect(&sessions, &sessions::SessionManager::sessionClosed, &sessions,
                     [&metrics](const sessions::SessionPtr &session, const QString &reason) {
                         metrics.sessionClosed(reason);
                         logging::event(logging::lcSessions(), logging::Level::Info,
                                        u"session ended",
                                        {{u"session"_s, session->logId()},
                                         {u"reason"_s, reason},
                                         {u"requests"_s, session->totalRequests()}});
                     });
}

void observe(upstream::Registry &registry, telemetry::Metrics &metrics)
{
    const auto follow = [&metrics](upstream::Server *server) {
        QObject::connect(server, &upstream::Server::instanceStarted, server,
                         [&metrics](qint64 ms) { metrics.childStarted(double(ms) / 1000.0); });
        QObject::connect(server, &upstream::Server::instanceDied, server,
                         [&metrics] { metrics.childDied(); });
        QObject::connect(server, &upstream::Server::remoteCalled, server,
                         [&metrics, server](const upstream::RemoteCall &call) {
                             if (!server->isGone()) // its series have ended
                                 metrics.remoteCalled({server->definition().name, call.method,
                                                       call.errorType, call.seconds});
                         });
    };
    for (upstream::Server *server : registry.servers())
        follow(server);
    QObject::connect(&registry, &upstream::Registry::serverAdded, &registry, follow);
    QObject::connect(&registry, &upstream::Registry::serverRetired, &registry,
                     [&metrics](const upstream::Server *server, bool gone) {
                         metrics.serverSeen(routes::serverSample(*server));
                         if (gone)
                             metrics.serverGone(server->definition().name);
                         else
                             metrics.serverReplaced(server->definition().name);
                     });
}

} // namespace bridge
