// SPDX-License-Identifier: GPL-3.0-or-later
// The composition root of the headless server: builds every room from the settings, starts and
// stops them in order. The only class that sees everything.
#pragma once

#include "common/config/loader.h"
#include "server/gateway/gateway.h"
#include "server/http/server.h"
#include "server/identityrooms.h"
#include "server/reloading.h"
#include "server/routes/promptbook.h"
#include "server/routes/resourcebook.h"
#include "server/routes/services.h"
#include "server/telemetry/metrics.h"

namespace bridge {

class Application : public QObject
{
    Q_OBJECT
public:
    /// \a reader reads the configuration again, in the same way as it read \a loaded.
    Application(config::Loaded loaded, ConfigReader reader, QObject *parent = nullptr);
    ~Application() override;

    /// Checks what only makes sense together, builds the rooms, runs the start hook and listens.
    /// \a done gets the port, or every problem found.
    void start(Handler<quint16> done);
    /// Every route with who may use it, a line each: `POST /tools/{tool} member`. Builds the rooms,
    /// starts nothing.
    Result<QString> listRoutes();
    /// Finishes running requests, closes sessions, stops every child, then quits. A second call
    /// quits at once.
    void stop();
    /// SIGHUP: the log is opened anew, as rotation wants it, and the configuration read again and
    /// put into force; with any problem nothing changes. What came of it goes to the log.
    void onHangUp();

Q_SIGNALS:
    void stopped();

private:
    Result<Nothing> build();
    void buildGateway();
    Result<ReloadReport> reload(Result<Reading> reading, const QString &cause);
    ReloadReport apply(config::Loaded loaded, Parts parts);
    void openLog(const config::Settings &settings);
    void applyLimits(const config::Settings &settings);
    void watchFile();
    void listen(Handler<quint16> done);
    void announce(quint16 port) const;

    config::Loaded m_loaded; ///< in force; of settings that need a restart, those of the start
    Reloading m_reloading;
    bool m_logIsOpen = true;
    std::unique_ptr<config::FileWatch> m_watch;
    std::unique_ptr<telemetry::Metrics> m_metrics;
    std::unique_ptr<upstream::Registry> m_registry;
    std::unique_ptr<sessions::SessionManager> m_sessions;
    std::unique_ptr<IdentityRooms> m_identity;
    routes::PromptBook m_prompts;
    routes::ResourceBook m_resources;
    routes::Services m_services;
    gateway::ViewBook m_views;
    policy::Warden m_warden;
    std::unique_ptr<gateway::Dispatcher> m_dispatcher;
    std::unique_ptr<gateway::Gateway> m_gateway;
    std::unique_ptr<http::Server> m_http; ///< dies before what its exchanges use
    Call m_hook;
    bool m_stopping = false;
};

/// What the rooms are made of, checked as a whole: with one problem or more, all of them are the
/// answer. Reads files; a reload runs it in another thread, so it shares nothing with the rooms.
Result<Parts> partsFrom(const config::Loaded &loaded);
/// The log masks them from now on.
void registerSecrets(const config::Settings &settings);
/// Registers the secrets and opens the log.
Result<Nothing> installLogging(const config::Settings &settings);
/// Both write the same log in the same way.
bool haveSameLog(const config::Settings &one, const config::Settings &other);
/// Options of the HTTP server, sessions and routes from the settings.
http::ServerOptions serverOptions(const config::Settings &settings);
sessions::SessionLimits sessionLimits(const config::Settings &settings);
gateway::DispatcherOptions dispatcherOptions(const config::Settings &settings);
gateway::GatewaySettings gatewaySettings(const config::Settings &settings);
routes::RouteSettings routeSettings(const config::Settings &settings);
gate::PublicAddress publicAddress(const config::Settings &settings);
routes::OAuthFacts oauthFacts(const config::Settings &settings);

} // namespace bridge
