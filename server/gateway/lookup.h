// SPDX-License-Identifier: GPL-3.0-or-later
// From what a client calls something to the server that has it.
#pragma once

#include "server/gateway/core.h"

namespace bridge::gateway {

/// Whose view of the servers is asked for.
struct Viewer {
    upstream::Identity identity; ///< as by identityFor()
    ClientStatePtr state;        ///< null = stateless
    QString server;              ///< as Request::server
};
Viewer viewerOf(const Request &request);

/// What \a server, which the caller pins, offers \a viewer; empty when the server lacks the
/// feature. A client that has a session with the server sees that session's offers.
Task<OfferListPtr> offersOf(Core *core, upstream::Server *server, Viewer viewer, OfferKind kind);

/// Something a client named, with what its server calls it.
struct Place {
    upstream::Server *server = nullptr;
    QString key;
    std::shared_ptr<const upstream::Tool> tool; ///< of tools
    upstream::ServerPin pin = {};
};
/// ToolNotFound when no server has it or the policy hides it.
Task<Place> findTool(Core *core, Viewer viewer, QString name);
/// PromptNotFound. Behind one server every name is its own.
Task<Place> findPrompt(Core *core, Viewer viewer, QString name);
/// ResourceNotFound. Behind one server every URI is its own; else it goes to the server its prefix
/// names, that lists it, or whose template fits, the first defined first.
Task<Place> findResource(Core *core, Viewer viewer, QString uri);

/// ResourceNotFound; \a uriTemplate as it is listed.
Task<Place> findTemplate(Core *core, Viewer viewer, QString uriTemplate);

/// The feature of ServerCapabilities a kind of offer needs.
QLatin1String capabilityOf(OfferKind kind);

} // namespace bridge::gateway
