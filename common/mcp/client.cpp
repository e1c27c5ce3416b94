// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/client.h"

#include "common/mcp/clientprivate.h"
#include "common/mcp/listing.h"
#include "common/mcp/rawjson.h"

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

Error goneError()
{
    return Error(ErrorCode::UpstreamFailed,
                 u"The connection to the MCP server was closed by the bridge."_s);
}

} // namespace

Client::Private::Private(Client *client, jsonrpc::Transport *wire, ClientOptions clientOptions)
    : q(client)
    , transport(wire)
    , options(std::move(clientOptions))
    , connection(std::make_unique<jsonrpc::Connection>(wire))
{
    connection->setDefaultTimeout(options.requestTimeout);
    connect(connection.get(), &jsonrpc::Connection::requestReceived, this, &Private::onRequest);
    connect(connection.get(), &jsonrpc::Connection::notificationReceived, this,
            &Private::onNotification);
    connect(connection.get(), &jsonrpc::Connection::closed, this,
            [this](const Error &reason) { Q_EMIT q->closed(reason); });
    connect(wire, &jsonrpc::Transport::garbageReceived, this,
            [this](const Error &error) { notes->garbage = error.message; });
}

Client::Private::~Private()
{
    closing = true;
    const auto owedCalls = std::exchange(calls, {});
    const auto owedJobs = std::exchange(jobs, {});
    for (const auto &call : owedCalls)
        call->abandon(goneError());
    for (const auto &job : owedJobs)
        job->abandon(goneError());
    watches.clear();
    subscription.cancel();
    levelCall.cancel();
    unsubscribing.clear();
    connection.reset();
}

void Client::Private::started(const ServerInfo &info)
{
    q->m_server = info;
    notes->garbage.clear();
    if (isModernEra())
        subscribe();
}

Client::Client(std::unique_ptr<jsonrpc::Transport> transport, ClientOptions options,
               QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, transport.get(), std::move(options)))
    , m_transport(std::move(transport))
{
}

Client::~Client()
{
    d.reset();
    m_transport->close();
}

Call Client::start(Handler<ServerInfo> handler)
{
    return d->own<ServerInfo>(
        startUp(d->connection.get(), d->options, d->notes),
        [guard = QPointer(this), handler = std::move(handler)](Result<ServerInfo> info) {
            if (info && guard)
                guard->d->started(*info);
            handler(std::move(info));
        });
}

bool Client::closedOnProbe() const
{
    return d->notes->closedOnProbe;
}

bool Client::isOpen() const
{
    return m_transport->isOpen();
}

int Client::pendingCount() const
{
    return int(d->calls.size());
}

Call Client::list(const QString &method, const QString &member, Handler<QList<QByteArray>> handler)
{
    return listing(method, member, [handler = std::move(handler)](Result<Listing> all) {
        if (all)
            handler(std::move(all->items));
        else
            handler(all.error());
    });
}

Call Client::listing(const QString &method, const QString &member, Handler<Listing> handler)
{
    ListingPlan plan;
    plan.method = method;
    plan.member = member;
    plan.maxPages = d->options.maxPages;
    plan.maxItems = d->options.maxItems;
    plan.supported = m_server.capabilities.contains(capabilityOfListing(method));
    plan.request = [this, method](const QByteArray &params, jsonrpc::RawHandler done) {
        CallOptions callOptions;
        callOptions.timeout = d->options.requestTimeout;
        return d->begin(method, params, callOptions, std::move(done));
    };
    return d->own<Listing>(listAll(std::move(plan)), std::move(handler));
}

Call Client::callTool(const QString &name, const QByteArray &arguments, CallOptions options,
                      jsonrpc::RawHandler handler)
{
    m_hasCalledTools = true;
    QByteArray params = withMember({}, "name"_L1, quoted(name));
    if (!arguments.isEmpty())
        params = withMember(params, "arguments"_L1, arguments);
    return d->begin(u"tools/call"_s, params, std::move(options), std::move(handler));
}

Call Client::getPrompt(const QString &name, const QByteArray &arguments, CallOptions options,
                       jsonrpc::RawHandler handler)
{
    QByteArray params = withMember({}, "name"_L1, quoted(name));
    if (!arguments.isEmpty())
        params = withMember(params, "arguments"_L1, arguments);
    return d->begin(u"prompts/get"_s, params, std::move(options), std::move(handler));
}

Call Client::readResource(const QString &uri, CallOptions options, jsonrpc::RawHandler handler)
{
    return d->begin(u"resources/read"_s, withMember({}, "uri"_L1, quoted(uri)), std::move(options),
                    std::move(handler));
}

Call Client::request(const QString &method, const QByteArray &params, CallOptions options,
                     jsonrpc::RawHandler handler)
{
    return d->begin(method, params, std::move(options), std::move(handler));
}

Call Client::ping(Handler<Nothing> handler)
{
    CallOptions options;
    options.timeout = d->options.requestTimeout;
    // The modern era has no ping; discovery is the cheapest request every server answers.
    const QString method = d->isModernEra() ? u"server/discover"_s : u"ping"_s;
    return d->begin(method, {}, options, [handler = std::move(handler)](Result<QByteArray> answer) {
        if (answer)
            handler(Nothing{});
        else
            handler(answer.error());
    });
}

void Client::setLogLevel(const QString &level)
{
    d->logLevel = level;
    if (d->isModernEra() || !m_server.has("logging"_L1))
        return;
    d->levelCall = d->connection->request(u"logging/setLevel"_s, compact({{"level"_L1, level}}), {},
                                          [](const Result<QByteArray> &) {});
}

void Client::notify(const QString &method, const QByteArray &params)
{
    if (!d->isModernEra())
        d->connection->notify(method, params);
}

void Client::close(const std::optional<Error> &reason)
{
    if (reason)
        d->connection->setEpitaph(*reason);
    m_transport->close();
}

} // namespace bridge::mcp
