// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/application.h"

#include "common/base/version.h"
#include "common/config/reference.h"
#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "server/observers.h"
#include "server/pluginwiring.h"
#include "server/startsummary.h"
#include "server/upstream/runonstart.h"

#include <QtCore/QCoreApplication>

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

/// Requests that still run when the process is asked to stop get this long.
constexpr std::chrono::milliseconds kDrainTime{5'000};
/// Then children get their ladder; past this the process ends whatever is left.
constexpr std::chrono::milliseconds kStopTime{20'000};

Error goneError()
{
    return {ErrorCode::SessionNotFound,
            u"The session has ended, because its MCP server was taken out of the "
            "configuration."_s};
}

} // namespace

Application::~Application() = default;

Result<Nothing> Application::build()
{
    const config::Settings &settings = m_loaded.settings;
    Result<Parts> parts = partsFrom(m_loaded);
    if (!parts)
        return parts.error();
    const auto plugins = pluginsFrom(settings);
    if (!plugins)
        return config::settingsError(plugins.error().problems, m_loaded.configFile);
    auto store = storeFrom(std::move(parts->store), *plugins, settings);
    if (!store)
        return config::settingsError(store.error().problems, m_loaded.configFile);
    auto identity = IdentityRooms::make(settings, *plugins);
    if (!identity)
        return config::settingsError(identity.error().problems, m_loaded.configFile);
    m_identity = std::move(*identity);
    m_prompts = std::move(parts->prompts);
    m_resources = std::move(parts->resources);
    m_views.replace(std::move(parts->views));
    m_warden.replace(std::move(parts->policy), std::move(parts->limits));
    m_metrics = std::make_unique<telemetry::Metrics>(settings.text(u"SERVICE_NAME"_s));
    m_registry = std::make_unique<upstream::Registry>(
        std::move(parts->definitions), int(settings.integer(u"MAX_CONCURRENT_CHILDREN"_s)));
    m_sessions =
        std::make_unique<sessions::SessionManager>(std::move(*store), sessionLimits(settings));
    m_http = std::make_unique<http::Server>(serverOptions(settings));

    m_services.settings = routeSettings(settings);
    m_services.registry = m_registry.get();
    m_services.sessions = m_sessions.get();
    m_services.metrics = m_metrics.get();
    m_services.warden = &m_warden;
    m_services.prompts = &m_prompts;
    m_services.resources = &m_resources;
    m_services.uptime.start();
    m_services.reload = [this](Handler<QJsonObject> done) {
        return m_reloading.request(u"POST /admin/reload"_s,
                                   [done = std::move(done)](const Result<ReloadReport> &report) {
                                       report ? done(report->toJson()) : done(report.error());
                                   });
    };
    m_services.config = [this] {
        QJsonObject config = config::describe(m_loaded.settings);
        config.insert("issuers"_L1, m_identity->issuerStates());
        return config;
    };
    m_identity->serve(m_http->router(), m_services);
    m_identity->explain(m_services);
    routes::addRoutes(m_http->router(), &m_services);
    buildGateway();
    observe(*m_http, *m_metrics);
    m_identity->observe(*m_http);
    observe(*m_sessions, *m_metrics);
    observe(*m_registry, *m_metrics);
    connect(m_registry.get(), &upstream::Registry::serverRetired, m_sessions.get(),
            [this](const upstream::Server *server, bool gone) {
                if (gone)
                    m_sessions->closeAllOf(server, goneError());
            });
    return Nothing{};
}

void Application::buildGateway()
{
    const config::Settings &settings = m_loaded.settings;
    gateway::DispatcherOptions options = dispatcherOptions(settings);
    options.views = &m_views;
    options.warden = &m_warden;
    m_dispatcher = std::make_unique<gateway::Dispatcher>(std::move(options), m_registry.get(),
                                                         m_sessions.get(), m_metrics.get());
    gateway::GatewaySettings gateway = gatewaySettings(settings);
    gateway.views = &m_views;
    gateway.warden = &m_warden;
    m_gateway = std::make_unique<gateway::Gateway>(std::move(gateway),
                                                   gateway::backendOf(m_dispatcher.get()),
                                                   m_registry.get(), m_sessions.get());
    m_gateway->addRoutes(m_http->router());
}

Result<QString> Application::listRoutes()
{
    if (Result<Nothing> built = build(); !built)
        return built.error();
    QString lines;
    for (const auto &route : m_http->router().routes())
        lines += u"%1 %2 %3\n"_s.arg(QString::fromLatin1(route->method), route->pattern,
                                     gate::nameOf(gate::accessOf(route->pattern)));
    return lines;
}

void Application::start(Handler<quint16> done)
{
    if (Result<Nothing> built = build(); !built)
        return done(built.error());
    watchFile(); // the command below may take its time, or write the file
    Result<upstream::StartHook> hook = upstream::startHookFrom(m_loaded.settings);
    if (!hook)
        return done(hook.error());
    m_hook = upstream::runStartHook(*hook, [this, done = std::move(done)](Result<Nothing> ran) {
        if (!ran)
            return done(ran.error());
        listen(done);
    });
}

void Application::listen(Handler<quint16> done)
{
    Result<quint16> port = m_http->listen();
    if (port) {
        m_registry->warmUp();
        m_identity->setListenAddress(QUrl(
            u"http://127.0.0.1:%1%2"_s.arg(QString::number(*port), m_http->router().basePath())));
        announce(*port);
        m_identity->probeIssuers();
    }
    done(std::move(port));
}

void Application::announce(quint16 port) const
{
    const QHostAddress address = m_http->options().address;
    const QString host = address.protocol() == QAbstractSocket::IPv6Protocol
                             ? QString('['_L1 + address.toString() + ']'_L1)
                             : address.toString();
    const QString url =
        u"http://%1:%2%3"_s.arg(host, QString::number(port), m_http->router().basePath());
    QStringList names;
    for (const upstream::Server *server : m_registry->servers())
        names.append(server->definition().name);
    logging::event(
        logging::lcHttp(), logging::Level::Info,
        QString(u"MCP Bridge listens on %1 (documentation: %1/docs)"_s.arg(url)),
        {{u"version"_s, QString::fromLatin1(kVersion)}, {u"servers"_s, names.join(u", "_s)}});
    qCInfo(logging::lcConfig).noquote() << startSummary(m_loaded);
    const QStringList warnings = startWarnings(m_loaded.settings);
    for (const QString &warning : warnings)
        qCWarning(logging::lcConfig).noquote() << warning;
}

void Application::stop()
{
    if (std::exchange(m_stopping, true)) {
        Q_EMIT stopped();
        return;
    }
    m_services.draining = true;
    if (!m_http) {
        Q_EMIT stopped();
        return;
    }
    logging::event(logging::lcHttp(), logging::Level::Info, u"Stopping");
    QTimer::singleShot(kStopTime, this, &Application::stopped);
    m_gateway->shutDown();
    m_http->drain(kDrainTime, [this] {
        m_sessions->shutDown([this] { m_registry->shutDown([this] { Q_EMIT stopped(); }); });
    });
}

} // namespace bridge
