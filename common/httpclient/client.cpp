// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/client.h"

#include "common/httpclient/exchange.h"

#include <QtNetwork/QNetworkAccessManager>

#include <list>
#include <vector>

using namespace Qt::StringLiterals;

namespace bridge::httpclient {

namespace {

/// Qt opens no more connections than this to one host from one manager.
constexpr int kPerManager = 6;

using ExchangePtr = std::shared_ptr<Exchange>;

/// An exchange dies from the event loop, never under its own feet.
void destroyLater(Exchange *exchange)
{
    exchange->drop();
    exchange->deleteLater();
}

} // namespace

class Client::Private
{
public:
    struct Lane {
        std::unique_ptr<QNetworkAccessManager> manager;
        int active = 0;
    };

    bool mayBegin(Priority priority) const;
    void begin(const ExchangePtr &exchange);
    void onEnded(Exchange *exchange);
    size_t freeLane();

    ClientOptions options;
    std::vector<Lane> lanes;
    QHash<Exchange *, std::pair<ExchangePtr, size_t>> active;
    std::list<ExchangePtr> waiting;
};

Client::Client(ClientOptions options, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>())
{
    d->options = std::move(options);
}

Client::~Client()
{
    // Later: this may be the end of an answer that one of them is delivering.
    for (Private::Lane &lane : d->lanes)
        lane.manager.release()->deleteLater();
    const Error gone(ErrorCode::UpstreamFailed,
                     u"The connection to the server was closed by the bridge."_s);
    const auto active = std::exchange(d->active, {});
    for (const auto &[exchange, lane] : active) {
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

size_t Client::Private::freeLane()
{
    for (size_t i = 0; i < lanes.size(); ++i) {
        if (lanes[i].active < kPerManager)
            return i;
    }
    Lane lane{std::make_unique<QNetworkAccessManager>(), 0};
    lane.manager->setProxy(options.proxy);
    lane.manager->setAutoDeleteReplies(false);
    lanes.push_back(std::move(lane));
    return lanes.size() - 1;
}

void Client::Private::begin(const ExchangePtr &exchange)
{
    const size_t lane = freeLane();
    ++lanes[lane].active;
    active.insert(exchange.get(), {exchange, lane});
    exchange->begin(lanes[lane].manager.get());
}

void Client::Private::onEnded(Exchange *exchange)
{
    waiting.remove_if([exchange](const ExchangePtr &one) { return one.get() == exchange; });
    const auto [kept, lane] = active.take(exchange);
    if (!kept)
        return;
    --lanes[lane].active;
    while (!waiting.empty() && mayBegin(Priority::Normal)) {
        const ExchangePtr next = waiting.front();
        waiting.pop_front();
        begin(next);
    }
}

Call Client::send(Request request, Hooks hooks, Handler<Response> handler)
{
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
