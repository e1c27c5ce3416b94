// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/application.h"

#include "common/base/version.h"
#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "server/observers.h"
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

} // namespace

Application::Application(config::Loaded loaded, QObject *parent)
    : QObject(parent)
    , m_loaded(std::move(loaded))
{
}

Application::~Application() = default;

Result<Nothing> Application::checkExposure() const
{
    const http::ServerOptions options = serverOptions(m_loaded.settings);
    if (options.address.isNull())
        return Error(ErrorCode::InvalidConfig,
                     u"HOST must be an IP address, `localhost` or `*`."_s);
    if (!options.address.isLoopback() && !m_loaded.settings.boolean(u"BRIDGE_ALLOW_ANONYMOUS"_s))
        return Error(ErrorCode::InvalidConfig,
                     u"HOST %1 can be reached by others, but nothing checks who they are. Listen "
                     "on 127.0.0.1, or pass --allow-anonymous when something in front of the "
                     "bridge authenticates callers."_s.arg(options.address.toString()));
    return Nothing{};
}

Result<Nothing> Application::build()
{
    const config::Settings &settings = m_loaded.settings;
    QList<FieldProblem> problems;
    if (auto safe = checkExposure(); !safe)
        collect(problems, safe.error(), u"HOST"_s);
    auto definitions = upstream::definitionsFrom(m_loaded);
    if (!definitions)
        collect(problems, definitions.error(), u"mcpServers"_s);
    auto store = sessions::makeSessionStore(settings.text(u"SESSION_MANAGER_TYPE"_s));
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
        return config::settingsError(std::move(problems), m_loaded.configFile);

    m_prompts = std::move(*prompts);
    m_resources = std::move(*resources);
    m_metrics = std::make_unique<telemetry::Metrics>(settings.text(u"SERVICE_NAME"_s));
    m_registry = std::make_unique<upstream::Registry>(
        std::move(*definitions), int(settings.integer(u"MAX_CONCURRENT_CHILDREN"_s)));
    m_sessions =
        std::make_unique<sessions::SessionManager>(std::move(*store), sessionLimits(settings));
    m_http = std::make_unique<http::Server>(serverOptions(settings));

    m_services.settings = routeSettings(settings);
    m_services.registry = m_registry.get();
    m_services.sessions = m_sessions.get();
    m_services.metrics = m_metrics.get();
    m_services.prompts = &m_prompts;
    m_services.resources = &m_resources;
    m_services.uptime.start();
    routes::addRoutes(m_http->router(), &m_services);
    buildGateway();
    observe(*m_http, *m_metrics);
    observe(*m_sessions, *m_metrics);
    observe(*m_registry, *m_metrics);
    return Nothing{};
}

void Application::buildGateway()
{
    const config::Settings &settings = m_loaded.settings;
    m_dispatcher = std::make_unique<gateway::Dispatcher>(
        dispatcherOptions(settings), m_registry.get(), m_sessions.get(), m_metrics.get());
    m_gateway = std::make_unique<gateway::Gateway>(gatewaySettings(settings),
                                                   gateway::backendOf(m_dispatcher.get()),
                                                   m_registry.get(), m_sessions.get());
    m_gateway->addRoutes(m_http->router());
}

void Application::start(Handler<quint16> done)
{
    if (Result<Nothing> built = build(); !built)
        return done(built.error());
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
        announce(*port);
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
