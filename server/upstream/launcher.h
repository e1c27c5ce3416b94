// SPDX-License-Identifier: GPL-3.0-or-later
// Starts instances of one definition: placeholders and environment, circuit breaker, child budget,
// handshake; and counts what became of them.
#pragma once

#include "server/upstream/childbudget.h"
#include "server/upstream/childinstance.h"
#include "server/upstream/circuits.h"
#include "server/upstream/definition.h"
#include "server/upstream/identity.h"
#include "server/upstream/remoteinstance.h"

namespace bridge::upstream {

class Launcher : public QObject, public std::enable_shared_from_this<Launcher>
{
    Q_OBJECT
public:
    struct Counters {
        int live = 0; ///< children, those on their way out included
        qint64 starts = 0;
        qint64 startFailures = 0;
        qint64 deaths = 0;
        int failuresInRow = 0;
        QString lastError;
        QString revision;
    };

    /// Create with std::make_shared: a launch under way outlives the server that asked for it.
    Launcher(ServerDefinition definition, std::shared_ptr<ChildBudget> budget);

    const ServerDefinition &definition() const { return m_definition; }
    const Counters &counters() const { return m_counters; }
    bool isCircuitOpen() const;
    /// Starts for everybody have failed and none has ever succeeded. One caller's bad credentials
    /// do not count.
    bool hasOnlyFailed() const;
    /// \a identity without what the definition has no use for: callers that make no difference to
    /// the child may share what is prepared for everybody.
    Identity effective(const Identity &identity) const;
    Call launch(const Identity &identity, ChildBudget::Purpose purpose,
                Handler<InstancePtr> handler);
    /// Lets \a instance go and gives its right to a child to somebody else at once.
    void surrender(InstancePtr instance);
    /// Runs \a done from the event loop when no child is left.
    void whenEmpty(std::function<void()> done);

Q_SIGNALS:
    void started(qint64 milliseconds);
    void died();
    /// A request to a remote server is over, however it ended.
    void remoteCalled(const bridge::upstream::RemoteCall &call);
    void toolsChanged(bridge::mcp::Client *client);
    void promptsChanged();
    void resourcesChanged();
    /// One of the above of a server that has run for a while: many tell of changes at each start,
    /// which are none for anybody but who started them. \a what: tools, prompts or resources.
    void offersChanged(const QString &what);

private:
    class Presence;
    static Task<InstancePtr> runFor(std::shared_ptr<Launcher> self, Identity identity,
                                    ChildBudget::Purpose purpose);
    static Task<InstancePtr> runWithCredential(std::shared_ptr<Launcher> self, Identity identity,
                                               ChildBudget::Purpose purpose);
    Call begin(const Identity &identity, ChildBudget::Purpose purpose,
               Handler<InstancePtr> handler);
    static Task<InstancePtr> run(std::shared_ptr<Launcher> self, Identity identity,
                                 ChildBudget::Purpose purpose);
    static Task<InstancePtr> runRemote(std::shared_ptr<Launcher> self, Identity identity);
    void warnOfTrust() const;
    RemoteInstance::Options remoteOptions(const Identity &identity);
    ChildInstance::Options options(const Identity &identity, ChildBudget::SlotPtr slot);
    void adopt(const InstancePtr &instance, ChildBudget::SlotPtr slot);
    void noteFailure(const Error &error);
    /// The same of a remote server that was asked for \a identity.
    void noteRemoteFailure(const Error &error, const Identity &identity);
    void leave();

    ServerDefinition m_definition;
    std::shared_ptr<ChildBudget> m_budget;
    QProcessEnvironment m_own;
    Circuits m_circuits; ///< by caller: bad credentials of one do not shut out the others
    QHash<const QObject *, std::weak_ptr<ChildBudget::Slot>> m_slots;
    std::shared_ptr<httpclient::Client> m_http; ///< of a remote server
    mcp::ToolHeadersPtr m_toolHeaders;
    std::optional<mcp::Era> m_era;
    bool m_isSse = false; ///< what a remote server turned out to be
    Counters m_counters;
    std::function<void()> m_whenEmpty;
    Call m_tellEmpty;
};

} // namespace bridge::upstream
