// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/remoteauthorizer.h"

#include "server/upstream/remoteheaders.h"

namespace bridge::upstream {

RemoteAuthorizer::RemoteAuthorizer(RemoteDefinition remote, CredentialSourcePtr source)
    : m_remote(std::move(remote))
    , m_source(std::move(source))
    , m_last(std::make_shared<HeldCredential>())
{
}

bool RemoteAuthorizer::apply(httpclient::Headers &headers)
{
    std::optional<HeldCredential> credential = m_source->now();
    if (!credential && !m_last->token.isEmpty())
        credential = *m_last;
    m_last->token.clear();
    if (!credential)
        return false;
    if (!credential->token.isEmpty())
        setCredential(headers, m_remote, credential->token, credential->type);
    return true;
}

Call RemoteAuthorizer::prepare(Handler<Nothing> handler)
{
    return m_source->get(
        [last = m_last, handler = std::move(handler)](Result<HeldCredential> outcome) {
            if (!outcome)
                return handler(outcome.error());
            *last = *outcome;
            handler(Nothing{});
        });
}

Call RemoteAuthorizer::renew(const httpclient::Headers &sent, const httpclient::Headers &refusal,
                             Handler<bool> handler)
{
    const QByteArray rejected = tokenIn(sent);
    return m_source->renew(
        rejected, refusal,
        [last = m_last, rejected, handler = std::move(handler)](Result<HeldCredential> outcome) {
            if (!outcome)
                return handler(outcome.error());
            const bool isOther = !outcome->token.isEmpty() && outcome->token != rejected;
            // What nobody is going to send now must not be sent some time later.
            *last = isOther ? *outcome : HeldCredential();
            handler(isOther);
        });
}

/// The token of what was sent: the source may know another one by now.
QByteArray RemoteAuthorizer::tokenIn(const httpclient::Headers &headers) const
{
    const QByteArray value = httpclient::headerValue(headers, m_remote.authHeader);
    const QString pattern = m_remote.authTemplate;
    if (pattern.isEmpty())
        return value.mid(value.indexOf(' ') + 1);
    const qsizetype begin = pattern.indexOf(u"{token}");
    const QByteArray tail = pattern.mid(begin + 7).toLatin1();
    QByteArray head = pattern.left(qMax<qsizetype>(begin, 0)).toLatin1();
    head.replace("{token_type}", "Bearer");
    return begin < 0 ? value : value.mid(head.size()).chopped(qMin(tail.size(), value.size()));
}

} // namespace bridge::upstream
