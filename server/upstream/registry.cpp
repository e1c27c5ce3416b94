// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/registry.h"

#include "server/upstream/childbudget.h"

#include <QtCore/QTimer>

namespace bridge::upstream {

class Registry::Private
{
public:
    std::shared_ptr<ChildBudget> budget;
    QList<Server *> servers; ///< owned as children of the registry
};

Registry::Registry(QList<ServerDefinition> definitions, int maxChildren, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>())
{
    d->budget = std::make_shared<ChildBudget>(maxChildren);
    for (ServerDefinition &definition : definitions)
        d->servers.append(new Server(std::move(definition), d->budget, this));
}

Registry::~Registry()
{
    qDeleteAll(std::exchange(d->servers, {})); // before the budget they take from
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
        if (server->definition().isDefault)
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
    for (Server *server : d->servers) {
        if (!server->definition().disabled)
            server->warmUp();
    }
}

void Registry::shutDown(std::function<void()> done)
{
    if (d->servers.isEmpty())
        return QTimer::singleShot(0, this, std::move(done));
    const auto left = std::make_shared<qsizetype>(d->servers.size());
    for (Server *server : d->servers) {
        server->shutDown([left, done] {
            if (--*left == 0)
                done();
        });
    }
}

} // namespace bridge::upstream
