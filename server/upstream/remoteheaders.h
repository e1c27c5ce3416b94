// SPDX-License-Identifier: GPL-3.0-or-later
// Which headers a remote MCP server gets: one credential, static ones, and what of the caller's
// request goes on (contract §7.7, §8).
#pragma once

#include "server/upstream/definition.h"
#include "server/upstream/identity.h"

namespace bridge::upstream {

/// Notes in \a identity what a request with \a headers means to \a definition: the caller's token
/// and the headers that go on. Nothing for servers that are child processes.
void readCaller(Identity &identity, const ServerDefinition &definition,
                const httpclient::Headers &headers);
/// \a identity as \a definition sees it: readCaller() done for the headers it brings, what its
/// caller may have filled in where nobody has to be asked, and what makes no difference forgotten.
Identity effectiveFor(const Identity &identity, const ServerDefinition &definition);
/// Forgets what makes no difference to \a definition, so that callers share what they can.
void dropUnused(Identity &identity, const ServerDefinition &definition);
/// Headers of every request made for \a identity, without the credential of its source.
httpclient::Headers remoteHeaders(const RemoteDefinition &remote, const Identity &identity);
/// Makes \a token the one credential in \a headers.
void setCredential(httpclient::Headers &headers, const RemoteDefinition &remote,
                   const QByteArray &token, const QString &type);
/// The access token in the headers of a request; empty when there is none.
QByteArray callerTokenIn(const httpclient::Headers &headers);

/// Whether \a name and \a value can be sent as a header field (RFC 9110 §5).
bool isHeader(const QByteArray &name, const QByteArray &value);

} // namespace bridge::upstream
