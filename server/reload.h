// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration while the bridge runs: how it is read again and what came of it.
#pragma once

#include "common/config/filewatch.h"
#include "common/config/loader.h"
#include "server/gateway/views.h"
#include "server/policy/warden.h"
#include "server/routes/promptbook.h"
#include "server/routes/resourcebook.h"
#include "server/sessions/sessionstore.h"
#include "server/upstream/registry.h"

#include <functional>

namespace bridge {

using ConfigReader = std::function<Result<config::Loaded>()>;

/// What a configuration means, checked and not yet in force.
struct Parts {
    QList<upstream::ServerDefinition> definitions;
    routes::PromptBook prompts;
    routes::ResourceBook resources;
    std::unique_ptr<sessions::SessionStore> store;
    QList<gateway::View> views;
    policy::Policy policy;
    QList<policy::Limit> limits;
};

struct ReloadReport {
    upstream::Registry::Changes servers;
    gateway::ViewBook::Changes views;
    policy::Warden::Changes access;
    QStringList settings; ///< now in force with another value
    QStringList restart;  ///< another value, which takes a restart

    bool isEmpty() const;
    QJsonObject toJson() const;
};

/// Sorts the names of what differs between \a running and \a next into what takes effect at once
/// and what does not.
void sortSettings(const config::Settings &running, const config::Settings &next,
                  ReloadReport &report);
/// One line of the log, and one for each setting that needs a restart.
void logReload(const ReloadReport &report, const QString &cause);
void logRefusal(const Error &error, const QString &cause);

} // namespace bridge
