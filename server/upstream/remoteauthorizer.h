// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the credential of a caller into the header where a remote MCP server wants it.
#pragma once

#include "common/httpclient/authorizer.h"
#include "server/upstream/credentialsource.h"
#include "server/upstream/remotedefinition.h"

namespace bridge::upstream {

class RemoteAuthorizer : public httpclient::Authorizer
{
public:
    RemoteAuthorizer(RemoteDefinition remote, CredentialSourcePtr source);

    bool apply(httpclient::Headers &headers) override;
    Call prepare(Handler<Nothing> handler) override;
    Call renew(const httpclient::Headers &sent, const httpclient::Headers &refusal,
               Handler<bool> handler) override;

private:
    QByteArray tokenIn(const httpclient::Headers &headers) const;

    const RemoteDefinition m_remote;
    const CredentialSourcePtr m_source;
    /// Got by asking; used when the source would have to be asked again at once, e.g. because it
    /// keeps nothing.
    std::shared_ptr<HeldCredential> m_last;
};

} // namespace bridge::upstream
