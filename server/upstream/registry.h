// SPDX-License-Identifier: GPL-3.0-or-later
// All defined servers, by name and in order; the first enabled one is the default.
#pragma once

#include "server/upstream/server.h"

#include <QtCore/QTimer>

namespace bridge::upstream {

class Registry : public QObject
{
    Q_OBJECT
public:
    /// What a new set of definitions means to the old one, by name.
    struct Changes {
        QStringList added;
        QStringList changed;
        QStringList removed;
        QStringList unchanged;
    };

    Registry(QList<ServerDefinition> definitions, int maxChildren, QObject *parent = nullptr);
    ~Registry() override;

    /// The pointers are good until the event loop runs again; Server::pin() keeps them longer.
    QList<Server *> servers() const;
    Server *find(const QString &name) const;
    /// Null when every server is disabled.
    Server *defaultServer() const;
    /// More than one server is defined: routes live under /servers/{server} too.
    bool isMany() const;
    int childCount() const;

    /// What replace() would do.
    Changes compare(const QList<ServerDefinition> &definitions) const;
    /// Servers with the very same definition stay as they are, with all that runs in them. Changed
    /// ones begin afresh under their name, while what uses the old one goes on with it.
    Changes replace(QList<ServerDefinition> definitions, int maxChildren);

    void warmUp();
    void shutDown(std::function<void()> done);

Q_SIGNALS:
    /// After replace(), for a new server or a new definition of one.
    void serverAdded(bridge::upstream::Server *server);
    /// After replace(), for the other side of it. \a gone: the name is no longer served, because
    /// the server was removed or disabled; told also of one that was replaced earlier.
    void serverRetired(bridge::upstream::Server *server, bool gone);

private:
    void adopt(QList<ServerDefinition> definitions, QList<Server *> &old);
    void sweep();

    class Private;
    std::unique_ptr<Private> d;
};

} // namespace bridge::upstream
