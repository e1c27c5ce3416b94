// SPDX-License-Identifier: GPL-3.0-or-later
// Progress, log messages and `_meta` between the revisions. Pure functions but for
// applyLogLevel().
#pragma once

#include "server/gateway/dispatcher.h"

namespace bridge::gateway {

/// `_meta.progressToken` of a request; undefined when it has none that is a text or number.
QJsonValue progressToken(const QJsonObject &params);
QByteArray progressParams(const QJsonObject &request, const mcp::Progress &progress,
                          const ClientProfile &profile);

bool isLogLevel(const QString &level);
/// \a level is at least as severe as \a wanted; everything is when \a wanted is empty.
bool isLoggedAt(const QString &wanted, const QString &level);
/// What the client of \a request set: for the request (modern) or its session (legacy).
QString logLevelOf(const Request &request);
/// Modern clients get log messages only for requests that name a level.
bool wantsLog(const Request &request);
QByteArray logParams(const mcp::LogMessage &message);
/// Tells \a client's server the level, when it takes one by a request of its own.
void applyLogLevel(mcp::Client &client, const Request &request);

/// `_meta` for the server: the client's own keys and the trace, without what is about its
/// connection with the bridge.
QJsonObject upstreamMeta(const Request &request, const mcp::ServerInfo &server);

} // namespace bridge::gateway
