// SPDX-License-Identifier: GPL-3.0-or-later
// application.h: how a changed configuration is noticed, read and put into force.
#include "common/logging/categories.h"
#include "server/application.h"
#include "server/startsummary.h"

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

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
    const QString warning = proxiesWarning(m_loaded.settings);
    if (!warning.isEmpty() && report.settings.contains(u"TRUSTED_PROXIES"_s))
        qCWarning(logging::lcConfig).noquote() << warning;
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
    http::ServerOptions http = serverOptions(settings);
    m_http->setHeartbeat(http.heartbeat);
    m_http->setProxies(std::move(http.proxies));
}

} // namespace bridge
