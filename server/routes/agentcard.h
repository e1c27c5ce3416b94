// SPDX-License-Identifier: GPL-3.0-or-later
// The agent card (contract §7.9): who the bridge is to other agents, made from the tools alone.
// Pure.
#pragma once

#include "server/routes/toolgather.h"

#include <QtCore/QJsonObject>

namespace bridge::routes {

struct AgentFacts {
    QString name;           ///< SERVICE_NAME
    QString address;        ///< of the bridge, with its base path
    bool isGuarded = false; ///< callers show a bearer token
    bool isMany = false;    ///< names of tools need that of their server
};

/// One skill for the whole, and one for each tool.
QJsonObject agentCard(const AgentFacts &facts, const QList<GatheredTools> &servers);

} // namespace bridge::routes
