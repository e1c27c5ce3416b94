// SPDX-License-Identifier: GPL-3.0-or-later
// What a plugin implements that finds callers' access tokens in its own way, or retrieves the
// tokens that MCP servers get for them in its own way, or both. Everything runs in the main thread
// and must not block it; work that takes time ends in a handler (common/async/call.h tells the
// rules).
//
//     class MyRetriever : public QObject, public bridge::auth::RetrieverPlugin
//     {
//         Q_OBJECT
//         Q_PLUGIN_METADATA(IID BRIDGE_RETRIEVER_PLUGIN_IID FILE "myretriever.json")
//         Q_INTERFACES(bridge::auth::RetrieverPlugin)
//         …
//
// The JSON file holds {"name": "my-retriever"}. Such a plugin has to be built with the compiler,
// the Qt and the sources the bridge was built with; resources/examples/plugins has one.
#pragma once

#include "common/async/call.h"
#include "server/auth/strategy.h"

#include <QtCore/QObject>

namespace bridge::auth {

struct RetrievedToken {
    QByteArray token;
    QByteArray type = QByteArrayLiteral("Bearer");
    QDateTime expires; ///< UTC; invalid = unknown
};

class RetrieverPlugin
{
public:
    virtual ~RetrieverPlugin() = default;

    /// Once, before anything else: the plugin's entry in PLUGIN_SETTINGS. An error ends the start
    /// of the bridge with its text.
    virtual Result<Nothing> configure(const QJsonObject &settings) = 0;

    /// The access token in \a request, where it stands in a place only the plugin knows; empty when
    /// there is none. It is verified as any other. Called for each request, so it has to be quick.
    /// Of requests with cookies and without `Authorization` it is taken to come from a cookie, so
    /// those of foreign pages are refused.
    virtual QByteArray callerToken(const AuthRequest &request) = 0;

    /// Whether retrieveToken() is any use.
    virtual bool retrievesTokens() const = 0;
    /// The token MCP server \a server gets for \a caller, who is never null. The bridge remembers
    /// it until shortly before it expires. Errors: NotConnected (the caller can do something about
    /// it), IdpUnavailable. Ends within ten seconds.
    virtual Call retrieveToken(const PrincipalPtr &caller, const QString &server,
                               Handler<RetrievedToken> handler) = 0;
};

} // namespace bridge::auth

#define BRIDGE_RETRIEVER_PLUGIN_IID "org.mcp-bridge.RetrieverPlugin/2"
Q_DECLARE_INTERFACE(bridge::auth::RetrieverPlugin, BRIDGE_RETRIEVER_PLUGIN_IID)
