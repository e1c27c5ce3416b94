// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/application.h"

#include "common/base/version.h"
#include "common/config/reference.h"
#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "server/gateway/viewconfig.h"
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

/// Adds what \a error tells; \a setting is the place of one that is a single sentence.
void collect(QList<FieldProblem> &into, const Error &error, const QString &setting)
{
    if (error.problems.isEmpty())
        into.append({setting, error.message});
    into += error.problems;
}

/// What views may name. Definitions with problems are servers all the same.
QStringList serverNames(const Result<QList<upstream::ServerDefinition>> &definitions,
                        const config::Loaded &loaded)
{
    if (!definitions)
        return loaded.serverNames;
    QStringList names;
    for (const upstream::ServerDefinition &definition : *definitions)
        names.append(definition.name);
    return names;
}

/// What rules may name.
QStringList issuerNames(const config::Settings &settings)
{
    QStringList names;
    if (const auto options = auth::authOptions(settings)) {
        for (const auth::IssuerOptions &issuer : options->verifier.issuers)
            names.append(issuer.issuer);
    }
    return names;
}

Error goneError()
{
    return {ErrorCode::SessionNotFound,
            u"The session has ended, because its MCP server was taken out of the "
            "configuration."_s};
}

/// In another thread.
Result<Reading> readAgain(const ConfigReader &read)
{
    Result<config::Loaded> loaded = read();
    if (!loaded)
        return loaded.error();
    Result<Parts> parts = partsFrom(*loaded);
    if (!parts)
        return parts.error();
    return Reading{std::move(*loaded), std::move(*parts)};
}

Result<Nothing> checkExposure(const config::Settings &settings)
{
    const http::ServerOptions options = serverOptions(settings);
    if (options.address.isNull())
        return Error(ErrorCode::InvalidConfig,
                     u"HOST must be an IP address, `localhost` or `*`."_s);
    if (!options.address.isLoopback() && !settings.boolean(u"BRIDGE_ALLOW_ANONYMOUS"_s)
        && !IdentityRooms::tellsCallersApart(settings))
        return Error(ErrorCode::InvalidConfig,
                     u"%1 can be reached by others, but nothing checks who they are. Listen "
                     "on 127.0.0.1, name an issuer in OAUTH_ISSUER_URL or keys in API_KEYS, or "
                     "pass --allow-anonymous when something in front of the bridge authenticates "
                     "callers."_s.arg(options.address.toString()));
    return Nothing{};
}

/// A bridge that lets nobody in is of no use.
void checkRequiredGroups(const config::Settings &settings, QList<FieldProblem> &problems)
{
    const QString name = u"BRIDGE_REQUIRED_GROUPS"_s;
    const bool hasPlugins = !settings.text(u"PLUGIN_DIR"_s).isEmpty();
    if (!settings.list(name).isEmpty() && !hasPlugins
        && !IdentityRooms::tellsCallersApart(settings))
        problems.append({name, u"lets nobody in, as nothing tells who is in a group. Name an "
                               "issuer in OAUTH_ISSUER_URL or keys in API_KEY_STORE."_s});
}

} // namespace

Application::Application(config::Loaded loaded, ConfigReader reader, QObject *parent)
    : QObject(parent)
    , m_loaded(std::move(loaded))
    , m_reloading([read = std::move(reader)] { return readAgain(read); },
                  [this](Result<Reading> reading, const QString &cause) {
                      return reload(std::move(reading), cause);
                  })
{
}

Application::~Application() = default;

Result<Parts> partsFrom(const config::Loaded &loaded)
{
    const config::Settings &settings = loaded.settings;
    QList<FieldProblem> problems;
    if (auto safe = checkExposure(settings); !safe)
        collect(problems, safe.error(), u"HOST"_s);
    checkRequiredGroups(settings, problems);
    auto definitions = upstream::definitionsFrom(loaded);
    if (!definitions)
        collect(problems, definitions.error(), u"mcpServers"_s);
    problems += IdentityRooms::check(settings, definitions ? *definitions
                                                           : QList<upstream::ServerDefinition>());
    auto views = gateway::viewsFrom(loaded.views, serverNames(definitions, loaded));
    if (!views)
        collect(problems, views.error(), u"file: bridge.views"_s);
    const policy::KnownNames names{serverNames(definitions, loaded), issuerNames(settings)};
    auto policy = policy::Policy::load(loaded.policy, names);
    if (!policy)
        collect(problems, policy.error(), u"file: bridge.policy"_s);
    auto limits = policy::limitsFrom(loaded.limits, names, settings.text(u"RATE_LIMIT_PER_USER"_s),
                                     settings.text(u"RATE_LIMIT_PER_TOOL"_s),
                                     settings.text(u"RATE_LIMIT_PER_SERVER"_s));
    if (!limits)
        collect(problems, limits.error(), u"file: bridge.limits"_s);
    // That of a plugin is made at the start only.
    const QString storeType = settings.text(u"SESSION_MANAGER_TYPE"_s);
    auto store = sessions::makeSessionStore(storeType == "plugin"_L1 ? u"memory"_s : storeType);
    if (!store)
        collect(problems, store.error(), u"SESSION_MANAGER_TYPE"_s);
    const QString folder = settings.text(u"PROMPTS_DIR"_s);
    const bool absolute = settings.boolean(u"PROMPTS_ALLOW_ABSOLUTE_PATHS"_s);
    auto prompts = routes::PromptBook::load(
        settings.json(u"SYSTEM_DEFINED_PROMPTS"_s).toArray(),
        {folder, absolute, settings.boolean(u"SYSTEM_PROMPTS_EXPOSE_TEMPLATE"_s)});
    if (!prompts)
        collect(problems, prompts.error(), u"SYSTEM_DEFINED_PROMPTS"_s);
    auto resources = routes::ResourceBook::load(
        settings.json(u"SYSTEM_DEFINED_RESOURCES"_s).toArray(), folder, absolute);
    if (!resources)
        collect(problems, resources.error(), u"SYSTEM_DEFINED_RESOURCES"_s);
    if (!problems.isEmpty())
        return config::settingsError(std::move(problems), loaded.configFile);
    return Parts{std::move(*definitions), std::move(*prompts), std::move(*resources),
                 std::move(*store),       std::move(*views),   std::move(*policy),
                 std::move(*limits)};
}

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

void Application::watchFile()
{
    const QString &path = m_loaded.configFile;
    if (path.isEmpty() || !m_loaded.settings.boolean(u"BRIDGE_CONFIG_WATCH"_s))
        return m_watch.reset();
    if (m_watch && m_watch->path() == path)
        return;
    m_watch = std::make_unique<config::FileWatch>(path);
    connect(m_watch.get(), &config::FileWatch::changed, this, [this] {
        // What it brings may end the watch, which is speaking.
        QMetaObject::invokeMethod(
            this, [this] { m_reloading.request(u"the file has changed"_s); }, Qt::QueuedConnection);
    });
    if (!m_watch->isWatching())
        qCWarning(logging::lcConfig)
            << "The system has no watch left for the configuration file: after a change send "
               "SIGHUP or POST /admin/reload";
}

Result<ReloadReport> Application::reload(Result<Reading> reading, const QString &cause)
{
    if (!m_registry || m_stopping)
        return Error(ErrorCode::Overloaded, u"The bridge is starting or stopping."_s);
    if (!reading) {
        logRefusal(reading.error(), cause);
        Error error = reading.error();
        error.message = u"The configuration has problems; nothing has changed."_s;
        return error;
    }
    const ReloadReport report = apply(std::move(reading->loaded), std::move(reading->parts));
    logReload(report, cause);
    return report;
}

void Application::onHangUp()
{
    openLog(m_loaded.settings);
    m_identity->reopenFiles();
    if (m_logIsOpen)
        qCInfo(logging::lcConfig, "The log was opened anew");
    m_reloading.request(u"SIGHUP"_s);
}

void Application::openLog(const config::Settings &settings)
{
    const Result<Nothing> opened = installLogging(settings);
    m_logIsOpen = opened.ok();
    if (!opened)
        qCWarning(logging::lcConfig).noquote() << opened.error().message;
}

ReloadReport Application::apply(config::Loaded loaded, Parts parts)
{
    ReloadReport report;
    sortSettings(m_loaded.settings, loaded.settings, report);
    // The log first, so that it knows every secret.
    registerSecrets(loaded.settings);
    if (!m_logIsOpen || !haveSameLog(m_loaded.settings, loaded.settings))
        openLog(loaded.settings);
    for (const QString &notice : std::as_const(loaded.notices))
        qCWarning(logging::lcConfig).noquote() << notice;
    loaded.settings = loaded.settings.withValuesOf(m_loaded.settings, report.restart);
    m_loaded = std::move(loaded);
    m_prompts = std::move(parts.prompts);
    m_resources = std::move(parts.resources);
    applyLimits(m_loaded.settings);
    report.servers = m_registry->replace(
        std::move(parts.definitions), int(m_loaded.settings.integer(u"MAX_CONCURRENT_CHILDREN"_s)));
    report.views = m_views.replace(std::move(parts.views));
    report.access = m_warden.replace(std::move(parts.policy), std::move(parts.limits));
    routes::forgetDocuments(m_services);
    watchFile();
    return report;
}

void Application::applyLimits(const config::Settings &settings)
{
    m_services.settings = routeSettings(settings);
    m_identity->apply(settings);
    m_sessions->setLimits(sessionLimits(settings));
    m_gateway->setSettings(gatewaySettings(settings));
    const gateway::DispatcherOptions dispatcher = dispatcherOptions(settings);
    m_dispatcher->setSuspendTime(dispatcher.suspendTime);
    m_dispatcher->setTaskIdle(dispatcher.taskIdle);
    m_dispatcher->setSubscriptionLimits(dispatcher.subscriptions);
    m_http->setHeartbeat(serverOptions(settings).heartbeat);
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
