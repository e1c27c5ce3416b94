// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/client.h"

#include "common/async/later.h"
#include "common/httpclient/authorizedsend.h"
#include "common/httpclient/exchange.h"
#include "common/httpclient/lanes.h"

#include <QtCore/QPointer>

#include <list>

using namespace Qt::StringLiterals;

namespace bridge::httpclient {

namespace {

using ExchangePtr = std::shared_ptr<Exchange>;

/// An exchange dies from the event loop, never under its own feet.
void destroyLater(Exchange *exchange)
{
    exchange->drop();
    exchange->deleteLater();
}

Error goneError()
{
    return {ErrorCode::UpstreamFailed, u"The connection to the server was closed by the bridge."_s};
}

} // namespace

class Client::Private
{
public:
    explicit Private(ClientOptions given) : options(std::move(given)), lanes(options.maxKeepAlive)
    {
    }

    bool mayBegin(Priority priority) const;
    void begin(const ExchangePtr &exchange);
    void onEnded(Exchange *exchange);

    ClientOptions options;
    Lanes lanes;
    QHash<Exchange *, std::pair<ExchangePtr, Lanes::Place>> active;
    std::list<ExchangePtr> waiting;
};

Client::Client(ClientOptions options, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(std::move(options)))
{
}

Client::~Client()
{
    const Error gone = goneError();
    const auto active = std::exchange(d->active, {});
    for (const auto &[exchange, place] : active) {
        exchange->disconnect(this);
        exchange->failLater(gone);
    }
    for (const ExchangePtr &exchange : std::exchange(d->waiting, {})) {
        exchange->disconnect(this);
        exchange->failLater(gone);
    }
}

const ClientOptions &Client::options() const
{
    return d->options;
}

int Client::activeCount() const
{
    return int(d->active.size());
}

bool Client::Private::mayBegin(Priority priority) const
{
    const int most = options.maxConnections;
    return priority == Priority::Urgent
           || active.size() < (priority == Priority::Optional ? most / 2 : most);
}

void Client::Private::begin(const ExchangePtr &exchange)
{
    const Lanes::Place place = lanes.take(exchange->partition(), exchange->proxy());
    active.insert(exchange.get(), {exchange, place});
    exchange->begin(place.manager, place.isLast);
}

void Client::Private::onEnded(Exchange *exchange)
{
    waiting.remove_if([exchange](const ExchangePtr &one) { return one.get() == exchange; });
    const auto [kept, place] = active.take(exchange);
    if (!kept)
        return;
    lanes.giveBack(place);
    while (!waiting.empty() && mayBegin(Priority::Normal)) {
        const ExchangePtr next = waiting.front();
        waiting.pop_front();
        begin(next);
    }
}

Call Client::send(Request request, Hooks hooks, Handler<Response> handler)
{
    if (request.authorizer) {
        const auto plain = [guard = QPointer(this)](Request one, Hooks its,
                                                    Handler<Response> done) {
            return guard ? guard->send(std::move(one), std::move(its), std::move(done))
                         : failLater(std::move(done), goneError());
        };
        return sendAuthorized(plain, std::move(request), std::move(hooks), std::move(handler));
    }
    ExchangePtr exchange(
        new Exchange(d->options, std::move(request), std::move(hooks), std::move(handler)),
        destroyLater);
    connect(exchange.get(), &Exchange::ended, this,
            [this, raw = exchange.get()] { d->onEnded(raw); });
    if (d->mayBegin(exchange->priority())) {
        d->begin(exchange);
    } else if (exchange->priority() == Priority::Optional) {
        exchange->failLater(
            Error(ErrorCode::Overloaded, u"Most connections to the server are in use."_s));
    } else {
        d->waiting.push_back(exchange);
        exchange->await();
    }
    return Call([exchange] { exchange->drop(); });
}

bool isSameOrigin(const QUrl &a, const QUrl &b)
{
    const auto port = [](const QUrl &url) {
        return url.port(url.scheme() == "https"_L1 ? 443 : 80);
    };
    return a.scheme() == b.scheme() && a.host() == b.host() && port(a) == port(b);
}

} // namespace bridge::httpclient
