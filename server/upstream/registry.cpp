// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/registry.h"

#include "server/upstream/childbudget.h"

#include <QtCore/QSet>

#include <algorithm>

namespace bridge::upstream {

namespace {

/// Being the default is a matter of the registry, not of the server.
ServerDefinition comparable(ServerDefinition definition)
{
    definition.isDefault = false;
    return definition;
}

constexpr std::chrono::milliseconds kSweepTime{1'000};

} // namespace

class Registry::Private
{
public:
    std::shared_ptr<ChildBudget> budget;
    QList<Server *> servers; ///< owned as children of the registry
    QList<Server *> retired; ///< likewise; still in use somewhere
    QString wanted;          ///< name of the default server, when one was named
    QTimer sweep;
    bool isWarm = false;
};

Registry::Registry(QList<ServerDefinition> definitions, int maxChildren, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>())
{
    d->budget = std::make_shared<ChildBudget>(maxChildren);
    d->sweep.setInterval(kSweepTime);
    connect(&d->sweep, &QTimer::timeout, this, &Registry::sweep);
    QList<Server *> none;
    adopt(std::move(definitions), none);
}

Registry::~Registry()
{
    // Before the budget they take from.
    qDeleteAll(std::exchange(d->servers, {}));
    qDeleteAll(std::exchange(d->retired, {}));
}

/// Takes from \a old the servers that stay.
void Registry::adopt(QList<ServerDefinition> definitions, QList<Server *> &old)
{
    d->servers.clear();
    d->wanted.clear();
    for (ServerDefinition &definition : definitions) {
        if (definition.isDefault)
            d->wanted = definition.name;
        ServerDefinition own = comparable(std::move(definition));
        const auto same = std::find_if(old.begin(), old.end(), [&own](const Server *server) {
            return server->definition() == own;
        });
        if (same == old.end()) {
            d->servers.append(new Server(std::move(own), d->budget, this));
        } else {
            d->servers.append(*same);
            old.erase(same);
        }
    }
}

Registry::Changes Registry::compare(const QList<ServerDefinition> &definitions) const
{
    Changes changes;
    QSet<QString> names;
    for (const ServerDefinition &definition : definitions) {
        names.insert(definition.name);
        const Server *known = find(definition.name);
        (!known                                          ? changes.added
         : known->definition() == comparable(definition) ? changes.unchanged
                                                         : changes.changed)
            .append(definition.name);
    }
    for (const Server *server : std::as_const(d->servers)) {
        if (!names.contains(server->definition().name))
            changes.removed.append(server->definition().name);
    }
    return changes;
}

Registry::Changes Registry::replace(QList<ServerDefinition> definitions, int maxChildren)
{
    Changes changes = compare(definitions);
    const QList<Server *> before = d->servers;
    QList<Server *> old = before;
    d->budget->setLimit(maxChildren);
    adopt(std::move(definitions), old);
    const auto isGone = [this](const Server *server) {
        const Server *next = find(server->definition().name);
        return !next || next->definition().disabled;
    };
    // Those that were only replaced before go with their name.
    const QList<Server *> earlier = d->retired;
    for (Server *server : earlier) {
        if (server->isGone() || !isGone(server))
            continue;
        server->retire(true);
        Q_EMIT serverRetired(server, true);
    }
    for (Server *server : std::as_const(old)) {
        const bool gone = isGone(server);
        server->retire(gone);
        d->retired.append(server);
        Q_EMIT serverRetired(server, gone);
    }
    const QList<Server *> now = d->servers;
    for (Server *server : now) {
        if (before.contains(server))
            continue;
        Q_EMIT serverAdded(server);
        if (d->isWarm && !server->definition().disabled)
            server->warmUp();
    }
    if (!d->retired.isEmpty())
        d->sweep.start();
    return changes;
}

void Registry::sweep()
{
    const QList<Server *> retired = d->retired;
    for (Server *server : retired) {
        if (!server->isForgotten())
            continue;
        d->retired.removeOne(server);
        delete server;
    }
    if (d->retired.isEmpty())
        d->sweep.stop();
}

QList<Server *> Registry::servers() const
{
    return d->servers;
}

Server *Registry::find(const QString &name) const
{
    for (Server *server : d->servers) {
        if (server->definition().name == name)
            return server;
    }
    return nullptr;
}

Server *Registry::defaultServer() const
{
    Server *first = nullptr;
    for (Server *server : d->servers) {
        if (server->definition().disabled)
            continue;
        if (server->definition().name == d->wanted)
            return server;
        if (!first)
            first = server;
    }
    return first;
}

bool Registry::isMany() const
{
    return d->servers.size() > 1;
}

int Registry::childCount() const
{
    return d->budget->count();
}

void Registry::warmUp()
{
    d->isWarm = true;
    for (Server *server : d->servers) {
        if (!server->definition().disabled)
            server->warmUp();
    }
}

void Registry::shutDown(std::function<void()> done)
{
    d->sweep.stop();
    const QList<Server *> all = d->servers + d->retired;
    if (all.isEmpty())
        return QTimer::singleShot(0, this, std::move(done));
    const auto left = std::make_shared<qsizetype>(all.size());
    for (Server *server : all) {
        server->shutDown([left, done] {
            if (--*left == 0)
                done();
        });
    }
}

} // namespace bridge::upstream
