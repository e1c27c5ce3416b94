// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/launcher.h"

#include "common/base/version.h"
#include "common/logging/categories.h"
#include "server/upstream/catalogue.h"
#include "server/upstream/credentialstart.h"
#include "server/upstream/environment.h"
#include "server/upstream/remoteauthorizer.h"
#include "server/upstream/remoteheaders.h"

#include <QtCore/QDeadlineTimer>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

/// What a server says of changes earlier than this is part of its start.
constexpr std::chrono::milliseconds kSettleTime{2'000};

mcp::ClientOptions clientOptions(const ServerDefinition &definition, const Identity &identity)
{
    mcp::ClientOptions options;
    options.name = u"mcp-bridge"_s;
    options.version = QString::fromLatin1(kVersion);
    options.capabilities = identity.clientCapabilities;
    options.startTimeout = definition.startTimeout;
    options.requestTimeout = definition.requestTimeout;
    return options;
}

} // namespace

/// Held by a child until its group is gone.
class Launcher::Presence
{
public:
    Presence(std::shared_ptr<Launcher> launcher, ChildBudget::SlotPtr slot)
        : m_launcher(std::move(launcher))
        , m_slot(std::move(slot))
    {
        ++m_launcher->m_counters.live;
    }
    ~Presence() { m_launcher->leave(); }
    Presence(const Presence &) = delete;
    Presence &operator=(const Presence &) = delete;

private:
    std::shared_ptr<Launcher> m_launcher;
    ChildBudget::SlotPtr m_slot;
};

Launcher::Launcher(ServerDefinition definition, std::shared_ptr<ChildBudget> budget)
    : m_definition(std::move(definition))
    , m_budget(std::move(budget))
    , m_own(QProcessEnvironment::systemEnvironment())
    , m_circuits(m_definition.name)
{
    if (!m_definition.remote)
        return;
    httpclient::ClientOptions options;
    options.connectTimeout = m_definition.remote->connectTimeout;
    options.maxConnections = m_definition.remote->maxConnections;
    options.maxKeepAlive = m_definition.remote->maxKeepAlive;
    options.maxBody = m_definition.maxMessageBytes;
    options.tls = m_definition.remote->tls;
    options.proxies = m_definition.remote->proxies;
    m_http = std::make_shared<httpclient::Client>(std::move(options));
    m_toolHeaders = std::make_shared<mcp::ToolHeaders>();
    warnOfTrust();
}

void Launcher::warnOfTrust() const
{
    const RemoteDefinition &remote = *m_definition.remote;
    if (remote.url.scheme() != "https"_L1 || remote.tls.peerVerifyMode() != QSslSocket::VerifyNone)
        return;
    qCWarning(logging::lcUpstream).noquote()
        << u"MCP server \"%1\": the certificate of %2 is not checked (MCP_REMOTE_VERIFY_TLS is "
           "off), so anybody on the way can read and change what is sent, credentials included. "
           "Name its authority in MCP_REMOTE_CA_BUNDLE instead."_s.arg(m_definition.name,
                                                                       remote.label());
}

Identity Launcher::effective(const Identity &identity) const
{
    return effectiveFor(identity, m_definition);
}

Task<InstancePtr> Launcher::runFor(std::shared_ptr<Launcher> self, Identity identity,
                                   ChildBudget::Purpose purpose)
{
    const std::shared_ptr<const Caller> caller = identity.caller;
    Result<Identity> known = co_await answer<Identity>([&](Handler<Identity> done) {
        return caller->resolve(identity, self->m_definition, std::move(done));
    });
    if (!known)
        co_return known.error();
    known->caller.reset();
    co_return co_await answer<InstancePtr>(
        [&](Handler<InstancePtr> done) { return self->launch(*known, purpose, std::move(done)); });
}

Call Launcher::launch(const Identity &identity, ChildBudget::Purpose purpose,
                      Handler<InstancePtr> handler)
{
    // Nothing is started for a caller before it is known what he may have.
    Identity known = effective(identity);
    if (known.caller)
        return runFor(shared_from_this(), std::move(known), purpose).start(std::move(handler));
    if (known.source)
        return runWithCredential(shared_from_this(), std::move(known), purpose)
            .start(std::move(handler));
    return begin(known, purpose, std::move(handler));
}

Task<InstancePtr> Launcher::runWithCredential(std::shared_ptr<Launcher> self, Identity identity,
                                              ChildBudget::Purpose purpose)
{
    Result<Identity> ready = co_await withCredential(self->m_definition, std::move(identity));
    if (!ready)
        co_return ready.error();
    co_return co_await answer<InstancePtr>(
        [&](Handler<InstancePtr> done) { return self->begin(*ready, purpose, std::move(done)); });
}

Call Launcher::begin(const Identity &identity, ChildBudget::Purpose purpose,
                     Handler<InstancePtr> handler)
{
    if (m_definition.remote)
        return runRemote(shared_from_this(), identity).start(std::move(handler));
    return run(shared_from_this(), identity, purpose).start(std::move(handler));
}

Task<InstancePtr> Launcher::runRemote(std::shared_ptr<Launcher> self, Identity identity)
{
    const Result<Circuit::AttemptPtr> attempt =
        self->m_circuits.of(Catalogue::scopeOf(identity))->admit();
    if (!attempt)
        co_return attempt.error();
    QElapsedTimer clock;
    clock.start();
    const Result<std::shared_ptr<RemoteInstance>> instance =
        co_await RemoteInstance::launch(self->remoteOptions(identity));
    if (!instance) {
        // A server that refuses the caller is up and must go on telling him so.
        if (instance.error().code != ErrorCode::UpstreamStatus
            && !isCredentialError(instance.error()))
            (*attempt)->failed(instance.error());
        self->noteRemoteFailure(instance.error(), identity);
        co_return instance.error();
    }
    (*attempt)->succeeded();
    self->m_isSse = (*instance)->isSse();
    self->adopt(*instance, nullptr);
    Q_EMIT self->started(clock.elapsed());
    co_return InstancePtr(*instance);
}

RemoteInstance::Options Launcher::remoteOptions(const Identity &identity)
{
    const RemoteDefinition &remote = *m_definition.remote;
    RemoteInstance::Options options;
    options.server = m_definition.name;
    options.client = clientOptions(m_definition, identity);
    options.client.knownEra = m_era;
    // HTTP always answers; what takes time is a server that has to wake up first.
    options.client.probeTimeout =
        std::max(m_definition.startTimeout / 2, options.client.probeTimeout);
    options.transport = m_isSse ? RemoteDefinition::Transport::Sse : remote.transport;
    mcp::HttpEndpoint &endpoint = options.endpoint;
    endpoint.client = m_http;
    endpoint.partition = Catalogue::scopeOf(identity).toLatin1();
    endpoint.url = remote.url;
    endpoint.headers = remoteHeaders(remote, identity);
    if (identity.source)
        endpoint.authorizer = std::make_shared<RemoteAuthorizer>(remote, identity.source);
    endpoint.answerTimeout = remote.answerTimeout;
    endpoint.idleTimeout = remote.idleTimeout;
    endpoint.teardownTimeout = remote.teardownTimeout;
    endpoint.maxMessageBytes = m_definition.maxMessageBytes;
    endpoint.toolHeaders = m_toolHeaders;
    endpoint.token = std::make_shared<Presence>(shared_from_this(), nullptr);
    options.watch = {m_definition.name, remote.logRequests, remote.logResponses,
                     [weak = weak_from_this()](const RemoteCall &call) {
                         if (const auto self = weak.lock())
                             Q_EMIT self->remoteCalled(call);
                     }};
    return options;
}

Task<InstancePtr> Launcher::run(std::shared_ptr<Launcher> self, Identity identity,
                                ChildBudget::Purpose purpose)
{
    Result<ChildSpec> spec = childSpec(self->m_definition, identity, self->m_own);
    if (!spec)
        co_return spec.error();
    const Result<Circuit::AttemptPtr> attempt =
        self->m_circuits.of(Catalogue::scopeOf(identity))->admit();
    if (!attempt)
        co_return attempt.error();
    ChildBudget::SlotPtr slot = self->m_budget->take(purpose);
    if (!slot)
        co_return self->m_budget->refusal();
    QElapsedTimer clock;
    clock.start();
    const Result<std::shared_ptr<ChildInstance>> instance =
        co_await ChildInstance::launch(std::move(*spec), self->options(identity, slot));
    if (!instance) {
        (*attempt)->failed(instance.error());
        self->noteFailure(instance.error());
        co_return instance.error();
    }
    (*attempt)->succeeded();
    (*instance)->setCredentialEnd(identity.credentialEnd);
    self->adopt(*instance, std::move(slot));
    Q_EMIT self->started(clock.elapsed());
    co_return InstancePtr(*instance);
}

ChildInstance::Options Launcher::options(const Identity &identity, ChildBudget::SlotPtr slot)
{
    ChildInstance::Options options;
    options.client = clientOptions(m_definition, identity);
    options.client.knownEra = m_era;
    options.maxMessageBytes = m_definition.maxMessageBytes;
    options.token = std::make_shared<Presence>(shared_from_this(), std::move(slot));
    return options;
}

bool Launcher::isCircuitOpen() const
{
    const std::shared_ptr<Circuit> circuit = m_circuits.ofEverybody();
    return circuit && circuit->isOpen();
}

bool Launcher::hasOnlyFailed() const
{
    const std::shared_ptr<Circuit> circuit = m_circuits.ofEverybody();
    return m_counters.starts == 0 && circuit && !circuit->isClean();
}

void Launcher::adopt(const InstancePtr &instance, ChildBudget::SlotPtr slot)
{
    const mcp::ServerInfo &info = instance->client().server();
    m_era = info.era;
    ++m_counters.starts;
    m_counters.failuresInRow = 0;
    m_counters.lastError.clear();
    m_counters.revision = info.revision;
    m_slots.insert(instance.get(), slot);
    connect(instance.get(), &QObject::destroyed, this,
            [this](const QObject *object) { m_slots.remove(object); });
    connect(instance.get(), &Instance::died, this, [this](const Error &reason) {
        ++m_counters.deaths;
        m_counters.lastError = reason.message;
        qCWarning(logging::lcUpstream).noquote() << reason.message;
        Q_EMIT died();
    });
    connect(&instance->client(), &mcp::Client::toolsChanged, this,
            [this, client = &instance->client()] { Q_EMIT toolsChanged(client); });
    connect(&instance->client(), &mcp::Client::promptsChanged, this, &Launcher::promptsChanged);
    connect(&instance->client(), &mcp::Client::resourcesChanged, this, &Launcher::resourcesChanged);
    const auto tell = [this, young = QDeadlineTimer(kSettleTime)](const QString &what) {
        if (young.hasExpired())
            Q_EMIT offersChanged(what);
    };
    connect(&instance->client(), &mcp::Client::toolsChanged, this, [tell] { tell(u"tools"_s); });
    connect(&instance->client(), &mcp::Client::promptsChanged, this,
            [tell] { tell(u"prompts"_s); });
    connect(&instance->client(), &mcp::Client::resourcesChanged, this,
            [tell] { tell(u"resources"_s); });
}

void Launcher::noteFailure(const Error &error)
{
    // Perhaps another version of the server by now: look again which era it speaks.
    m_era.reset();
    m_isSse = false;
    ++m_counters.startFailures;
    ++m_counters.failuresInRow;
    m_counters.lastError = error.message;
    // The circuit keeps a server that fails again and again from flooding the log.
    qCWarning(logging::lcUpstream).noquote() << error.message;
}

// What is wrong with one caller, or was said to him, says nothing of the server to the others.
void Launcher::noteRemoteFailure(const Error &error, const Identity &identity)
{
    const int status = error.code == ErrorCode::UpstreamStatus ? httpStatus(error) : 0;
    const bool isRefusal = isCredentialError(error) || status == 401 || status == 403;
    const bool isCallers = isRefusal || !identity.isNeutral() || (status >= 400 && status < 500);
    if (!isCallers)
        return noteFailure(error);
    // Any other failure may come of another version of the server.
    if (!isRefusal && status != 429) {
        m_era.reset();
        m_isSse = false;
    }
    ++m_counters.startFailures;
    if (identity.isNeutral())
        qCWarning(logging::lcUpstream).noquote() << error.message;
    else
        qCInfo(logging::lcUpstream).noquote() << error.message;
}

void Launcher::surrender(InstancePtr instance)
{
    if (const auto slot = m_slots.value(instance.get()).lock())
        slot->surrender();
}

void Launcher::leave()
{
    if (--m_counters.live > 0 || !m_whenEmpty)
        return;
    m_tellEmpty = later(std::exchange(m_whenEmpty, nullptr));
}

void Launcher::whenEmpty(std::function<void()> done)
{
    if (m_counters.live == 0)
        m_tellEmpty = later(std::move(done));
    else
        m_whenEmpty = std::move(done);
}

} // namespace bridge::upstream
