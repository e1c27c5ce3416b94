// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/tokenargument.h"

#include "server/upstream/credentialsource.h"
#include "server/upstream/remoteheaders.h"

namespace bridge::upstream {

Task<QString> tokenArgument(Identity identity, ServerDefinition definition)
{
    if (const auto headers = std::exchange(identity.requestHeaders, {}); !headers.isEmpty())
        readCaller(identity, definition, headers);
    const std::shared_ptr<const Caller> caller = identity.caller;
    if (caller && !caller->resolveNow(identity, definition)) {
        Result<Identity> known = co_await answer<Identity>([&](Handler<Identity> done) {
            return caller->resolve(identity, definition, std::move(done));
        });
        if (!known)
            co_return known.error();
        identity = std::move(*known);
    }
    const CredentialSourcePtr source = identity.source;
    if (!source)
        co_return QString();
    if (const std::optional<HeldCredential> held = source->now())
        co_return QString::fromUtf8(held->token);
    Result<HeldCredential> held = co_await answer<HeldCredential>(
        [&source](Handler<HeldCredential> done) { return source->get(std::move(done)); });
    if (!held)
        co_return held.error();
    co_return QString::fromUtf8(held->token);
}

} // namespace bridge::upstream
