// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/authorizedsend.h"

#include <utility>

namespace bridge::httpclient {

namespace {

using Send = std::function<Call(Request, Hooks, Handler<Response>)>;

/// The credential is what is wrong.
bool isRefusal(int status, const Headers &headers)
{
    return status == 401
           || (status == 403
               && headerValue(headers, "WWW-Authenticate").contains("insufficient_scope"));
}

/// Kept by the Call its maker gets; everything it waits for ends with it.
class Errand : public std::enable_shared_from_this<Errand>
{
public:
    Errand(Send send, Request request, Hooks hooks, Handler<Response> handler)
        : m_send(std::move(send))
        , m_request(std::move(request))
        , m_authorizer(std::exchange(m_request.authorizer, nullptr))
        , m_hooks(std::move(hooks))
        , m_handler(std::move(handler))
    {
    }

    void start()
    {
        m_plain = m_request.headers;
        if (m_authorizer->apply(m_request.headers))
            return post();
        m_call = m_authorizer->prepare([this](Result<Nothing> ready) {
            const auto self = shared_from_this();
            if (!ready)
                return finish(ready.error());
            m_request.headers = m_plain;
            m_authorizer->apply(m_request.headers);
            post();
        });
    }

    void drop()
    {
        m_handler = nullptr;
        m_call.cancel();
    }

private:
    void post()
    {
        Hooks hooks;
        if (m_hooks.sent && !m_isSecond)
            hooks.sent = m_hooks.sent;
        hooks.head = [this](int status, const Headers &headers) {
            const auto self = shared_from_this();
            if (isRefusal(status, headers) && !m_isSecond)
                return false; // read to its end, as it may be asked again on this connection
            return m_hooks.head ? m_hooks.head(status, headers) : false;
        };
        hooks.data = m_hooks.data;
        m_call = m_send(m_request, std::move(hooks), [this](Result<Response> outcome) {
            const auto self = shared_from_this();
            if (!outcome || m_isSecond || !isRefusal(outcome->status, outcome->headers))
                return finish(std::move(outcome));
            m_isSecond = true;
            renew(std::move(*outcome));
        });
    }

    void renew(Response refusal)
    {
        m_call = m_authorizer->renew(m_request.headers, refusal.headers,
                                     [this, refusal](Result<bool> isWorth) {
                                         const auto self = shared_from_this();
                                         if (!isWorth)
                                             return finish(isWorth.error());
                                         if (!*isWorth)
                                             return giveUp(refusal);
                                         m_request.headers = m_plain;
                                         if (!m_authorizer->apply(m_request.headers))
                                             return giveUp(refusal);
                                         post();
                                     });
    }

    void giveUp(const Response &refusal)
    {
        const auto self = shared_from_this();
        if (m_hooks.head)
            m_hooks.head(refusal.status, refusal.headers);
        finish(refusal);
    }

    void finish(Result<Response> outcome)
    {
        if (const auto handler = std::exchange(m_handler, nullptr))
            handler(std::move(outcome));
    }

    Send m_send;
    Request m_request;
    std::shared_ptr<Authorizer> m_authorizer;
    Hooks m_hooks;
    Handler<Response> m_handler;
    Headers m_plain; ///< without the credential
    bool m_isSecond = false;
    Call m_call;
};

} // namespace

Call sendAuthorized(Send send, Request request, Hooks hooks, Handler<Response> handler)
{
    const auto errand = std::make_shared<Errand>(std::move(send), std::move(request),
                                                 std::move(hooks), std::move(handler));
    errand->start();
    return Call([errand] { errand->drop(); });
}

} // namespace bridge::httpclient
