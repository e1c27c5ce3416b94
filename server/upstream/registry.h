// SPDX-License-Identifier: GPL-3.0-or-later
// All defined servers, by name and in order; the first enabled one is the default.
#pragma once

#include "server/upstream/server.h"

namespace bridge::upstream {

class Registry : public QObject
{
    Q_OBJECT
public:
    Registry(QList<ServerDefinition> definitions, int maxChildren, QObject *parent = nullptr);
    ~Registry() override;

    QList<Server *> servers() const;
    Server *find(const QString &name) const;
    /// Null when every server is disabled.
    Server *defaultServer() const;
    /// More than one server is defined: routes live under /servers/{server} too.
    bool isMany() const;
    int childCount() const;

    void warmUp();
    void shutDown(std::function<void()> done);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace bridge::upstream
