// SPDX-License-Identifier: GPL-3.0-or-later
// An exchange without a socket, and a backend that answers when the test says so.
#pragma once

#include "server/gateway/backend.h"
#include "server/http/exchange.h"
#include "server/http/wire.h"

namespace gatewaytest {

using namespace bridge;
using namespace Qt::StringLiterals;

class FakeWire : public http::Wire
{
public:
    bool mustClose() const override { return false; }
    void write(const QByteArray &bytes) override { written += bytes; }
    qint64 bytesToWrite() const override { return 0; }
    void answerDone(bool) override { done = true; }
    void dropClient() override {}

    QByteArray written;
    bool done = false;
};

/// One POST or GET as a client sees it. leave() is the client going away.
class Visit
{
public:
    explicit Visit(const QByteArray &method, const http::Headers &headers = {},
                   const QByteArray &body = {})
    {
        http::Request request;
        request.method = method;
        request.body = body;
        request.headers = headers;
        if (!request.hasHeader("accept"))
            request.headers.append(
                http::Headers{{"Accept", "application/json, text/event-stream"}});
        m_exchange = std::make_unique<http::Exchange>(request, &m_wire);
    }
    ~Visit() { leave(); }

    http::Exchange &exchange() { return *m_exchange; }
    void leave()
    {
        if (m_exchange)
            m_exchange->detach();
        m_exchange.reset();
    }
    int status() const { return m_exchange->status(); }
    bool isDone() const { return m_wire.done; }
    const QByteArray &written() const { return m_wire.written; }
    QByteArray body() const { return written().mid(written().indexOf("\r\n\r\n") + 4); }
    QJsonObject json() const { return QJsonDocument::fromJson(body()).object(); }
    bool isStream() const { return written().contains("text/event-stream"); }

    struct Event {
        QByteArray id;
        QByteArray data;
    };
    QList<Event> events() const
    {
        QList<Event> all;
        Event event;
        const QList<QByteArray> lines = body().split('\n');
        for (const QByteArray &line : lines) {
            if (line.startsWith("id: "))
                event.id = line.mid(4);
            else if (line.startsWith("data: "))
                event.data = line.mid(6);
            else if (line.isEmpty() && !event.id.isEmpty())
                all.append(std::exchange(event, {}));
        }
        return all;
    }

private:
    FakeWire m_wire;
    std::unique_ptr<http::Exchange> m_exchange;
};

/// Records what reaches the dispatcher.
struct FakeDispatcher {
    struct Running {
        gateway::Request request;
        std::shared_ptr<gateway::Downstream> way;
        Handler<gateway::Answer> handler;
    };
    std::map<QByteArray, Running> running; ///< by id
    QStringList notifications;
    int released = 0;
    int cancelled = 0;

    gateway::Backend backend()
    {
        gateway::Backend made;
        made.handle = [this](gateway::Request request, std::shared_ptr<gateway::Downstream> way,
                             Handler<gateway::Answer> handler) {
            const QByteArray id = request.message.id;
            running[id] = {std::move(request), std::move(way), std::move(handler)};
            return Call([this, id] {
                if (running.erase(id))
                    ++cancelled;
            });
        };
        made.listen = made.handle;
        made.notification = [this](const gateway::Request &request) {
            notifications.append(request.message.method);
        };
        made.release = [this](const gateway::ClientStatePtr &) { ++released; };
        return made;
    }
    void answer(const QByteArray &id, const Result<gateway::Answer> &answer)
    {
        auto one = running.extract(id);
        one.mapped().handler(answer);
    }
};

} // namespace gatewaytest
