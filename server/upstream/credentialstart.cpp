// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/credentialstart.h"

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

Task<HeldCredential> held(CredentialSourcePtr source)
{
    if (std::optional<HeldCredential> known = source->now())
        co_return std::move(*known);
    co_return co_await answer<HeldCredential>(
        [&source](Handler<HeldCredential> done) { return source->get(std::move(done)); });
}

} // namespace

Task<Identity> withCredential(ServerDefinition definition, Identity identity)
{
    if (!identity.source)
        co_return identity;
    Result<HeldCredential> credential = co_await held(identity.source);
    if (definition.remote) {
        // What is set up wrongly is not down (502), nor is who was asked too often, which callers
        // could bring about to get the other token.
        constexpr int kTooMany = 429;
        const bool isDown = !credential && credential.error().code == ErrorCode::IdpUnavailable
                            && httpStatus(credential.error()) == 503
                            && credential.error().logged["provider_status"_L1].toInt() != kTooMany;
        if (isDown && identity.source->mayFallBack())
            identity.source.reset();
        else if (!credential)
            co_return credential.error();
        co_return identity;
    }
    if (!credential)
        co_return credential.error();
    if (!credential->token.isEmpty()) {
        const QString token = QString::fromUtf8(credential->token);
        identity.environment.insert(u"MCP_BEARER_TOKEN"_s, token);
        identity.environment.insert(definition.auth.environment, token);
        identity.credentialEnd = credential->expires;
    }
    // What stays is the scope: another caller's child is never his.
    co_return identity;
}

bool isCredentialError(const Error &error)
{
    switch (error.code) {
    case ErrorCode::Unauthorized:
    case ErrorCode::InvalidToken:
    case ErrorCode::TokenExpired:
    case ErrorCode::NotConnected:
    case ErrorCode::IdpUnavailable:
    case ErrorCode::InsufficientScope:
    case ErrorCode::Forbidden:
        return true;
    default:
        return false;
    }
}

} // namespace bridge::upstream
