// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/launcher.h"

#include "common/base/version.h"
#include "common/logging/categories.h"
#include "server/upstream/catalogue.h"
#include "server/upstream/environment.h"

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr qsizetype kMostCircuits = 1'000;

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
{
}

Identity Launcher::effective(const Identity &identity) const
{
    Identity copy = identity;
    if (!m_definition.needsIdentity())
        copy.placeholders.clear();
    return copy;
}

Call Launcher::launch(const Identity &identity, ChildBudget::Purpose purpose,
                      Handler<InstancePtr> handler)
{
    return run(shared_from_this(), effective(identity), purpose).start(std::move(handler));
}

Task<InstancePtr> Launcher::run(std::shared_ptr<Launcher> self, Identity identity,
                                ChildBudget::Purpose purpose)
{
    Result<ChildSpec> spec = childSpec(self->m_definition, identity, self->m_own);
    if (!spec)
        co_return spec.error();
    const Result<Circuit::AttemptPtr> attempt = self->circuitFor(identity)->admit();
    if (!attempt)
        co_return attempt.error();
    ChildBudget::SlotPtr slot = self->m_budget->take(purpose);
    if (!slot)
        co_return Error(
            ErrorCode::Overloaded,
            u"All %1 places for MCP server processes are taken. Try again later, close "
            "sessions, or raise MAX_CONCURRENT_CHILDREN."_s.arg(self->m_budget->limit()));
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

// One caller's bad credentials must not shut the server for everybody else.
std::shared_ptr<Circuit> Launcher::circuitFor(const Identity &identity)
{
    const QString scope = Catalogue::scopeOf(identity);
    if (m_circuits.size() > kMostCircuits)
        m_circuits.removeIf([](const auto &entry) { return entry.value()->isClean(); });
    std::shared_ptr<Circuit> &circuit = m_circuits[scope];
    if (!circuit)
        circuit = Circuit::create(m_definition.name);
    return circuit;
}

bool Launcher::isCircuitOpen() const
{
    const std::shared_ptr<Circuit> circuit = m_circuits.value(QString());
    return circuit && circuit->isOpen();
}

void Launcher::adopt(const std::shared_ptr<ChildInstance> &instance, ChildBudget::SlotPtr slot)
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
    connect(&instance->client(), &mcp::Client::toolsChanged, this, &Launcher::toolsChanged);
    connect(&instance->client(), &mcp::Client::promptsChanged, this, &Launcher::promptsChanged);
    connect(&instance->client(), &mcp::Client::resourcesChanged, this,
            &Launcher::resourcesChanged);
}

void Launcher::noteFailure(const Error &error)
{
    // Perhaps another version of the server by now: look again which era it speaks.
    m_era.reset();
    ++m_counters.startFailures;
    ++m_counters.failuresInRow;
    m_counters.lastError = error.message;
    // The circuit keeps a server that fails again and again from flooding the log.
    qCWarning(logging::lcUpstream).noquote() << error.message;
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
