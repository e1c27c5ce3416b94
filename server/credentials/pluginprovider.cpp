// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/pluginprovider.h"

#include "common/async/later.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

Error unusable()
{
    return {ErrorCode::IdpUnavailable,
            u"The plugin that retrieves credentials gave none that can be used. Tell the "
            "operator."_s};
}

/// What a plugin may say to callers; anything else is its own trouble.
Error saidToCallers(const Error &error)
{
    switch (error.code) {
    case ErrorCode::Unauthorized:
    case ErrorCode::InvalidToken:
    case ErrorCode::TokenExpired:
    case ErrorCode::NotConnected:
    case ErrorCode::IdpUnavailable:
    case ErrorCode::Forbidden:
        return error;
    default:
        return {ErrorCode::IdpUnavailable, error.message};
    }
}

Result<Credential> credentialOf(const Result<auth::RetrievedToken> &retrieved)
{
    if (!retrieved)
        return saidToCallers(retrieved.error());
    const auto isPlain = [](char c) { return c > ' ' && c <= '~'; };
    const QByteArray &token = retrieved->token;
    const QByteArray type = retrieved->type;
    if (token.isEmpty() || !std::all_of(token.begin(), token.end(), isPlain) || type.isEmpty()
        || !std::all_of(type.begin(), type.end(), isPlain))
        return unusable();
    Credential credential;
    credential.token = token;
    credential.type = QString::fromLatin1(type);
    credential.expires = retrieved->expires;
    credential.source = u"plugin"_s;
    return credential;
}

class PluginProvider : public Provider
{
public:
    PluginProvider(auth::RetrieverPlugin *plugin, std::chrono::milliseconds timeout)
        : m_plugin(plugin)
        , m_timeout(timeout)
    {
    }

    QString name() const override { return u"plugin"_s; }
    bool mayFallBack() const override { return false; }
    std::optional<Error> objection(const Ask &) const override { return std::nullopt; }

    Call retrieve(Ask ask, Handler<Credential> handler) override
    {
        struct Waiting {
            Handler<Credential> handler;
            Call work;
            Call deadline;
        };
        auto waiting = std::make_shared<Waiting>();
        waiting->handler = std::move(handler);
        const auto finish = [weak = std::weak_ptr(waiting)](const Result<Credential> &outcome) {
            const auto strong = weak.lock();
            if (!strong || !strong->handler)
                return;
            const auto answer = std::exchange(strong->handler, nullptr);
            strong->deadline.cancel();
            answer(outcome);
        };
        waiting->work = m_plugin->retrieveToken(
            ask.caller, ask.server, [finish](const Result<auth::RetrievedToken> &retrieved) {
                finish(credentialOf(retrieved));
            });
        waiting->deadline = after(m_timeout, [finish] { finish(unusable()); });
        return Call([waiting] {
            waiting->handler = nullptr;
            waiting->work.cancel();
            waiting->deadline.cancel();
        });
    }

private:
    auth::RetrieverPlugin *m_plugin;
    std::chrono::milliseconds m_timeout;
};

} // namespace

ProviderPtr pluginProvider(auth::RetrieverPlugin *plugin, std::chrono::milliseconds timeout)
{
    return std::make_shared<PluginProvider>(plugin, timeout);
}

} // namespace bridge::credentials
