// SPDX-License-Identifier: GPL-3.0-or-later
// Asks an MCP server for its tools.
#pragma once

#include "common/async/task.h"
#include "server/upstream/catalogue.h"
#include "server/upstream/server.h"

namespace bridge::upstream {

using DefinitionPtr = std::shared_ptr<const ServerDefinition>;

/// Lists through \a client, which may go away meanwhile: then the answer is UpstreamFailed.
Call listTools(mcp::Client *client, DefinitionPtr definition, Handler<ToolSetPtr> handler);
/// Lists through an instance leased for it.
Task<ToolSetPtr> listToolsOnce(std::function<Call(Handler<LeasePtr>)> lease,
                               DefinitionPtr definition);

/// The tools of instances that changed them by what was called on them: a session that logged in
/// has other tools than everybody else, who share one list. Forgets an instance with its client.
class OwnTools : public QObject
{
public:
    explicit OwnTools(DefinitionPtr definition);

    /// \a client told that its tools changed. They become its own, once it has called any.
    void noteChange(mcp::Client *client);
    bool isEmpty() const { return m_lists.empty(); }
    bool has(const mcp::Client *client) const { return client && m_lists.contains(client); }
    /// Those of \a client, which has own ones; remembered as long as the shared ones are.
    Call list(mcp::Client *client, Handler<ToolSetPtr> handler);

private:
    DefinitionPtr m_definition;
    std::map<const QObject *, std::shared_ptr<Catalogue>> m_lists;
};

} // namespace bridge::upstream
