// SPDX-License-Identifier: GPL-3.0-or-later
// Views: named subsets of what the servers offer, each an MCP endpoint of its own at
// `/views/{view}/mcp`. What is outside of a view is not there for its clients: neither listed nor
// called. Main thread.
#pragma once

#include "common/config/globs.h"
#include "server/gateway/offers.h"

#include <QtCore/QMap>
#include <QtCore/QObject>

#include <optional>

namespace bridge::gateway {

/// Which names are in sight; everything when no list was given, nothing when it is empty.
struct NameRule {
    std::optional<config::GlobList> shown;
    config::GlobList hidden;

    bool admits(const QString &name) const
    {
        return (!shown || shown->matches(name)) && !hidden.matches(name);
    }
    bool admitsNothing() const { return shown && shown->isEmpty(); }
    friend bool operator==(const NameRule &, const NameRule &) = default;
};

/// What a view shows of one server.
struct ViewRules {
    NameRule tools;
    NameRule prompts;
    NameRule resources; ///< by URI; templates by the text they are listed with

    const NameRule &ruleFor(OfferKind kind) const;
    /// \a key is the server's own name, URI or URI template. A URI that climbs (`..`) would leave
    /// what its pattern means, so where resources are restricted it is never in sight.
    bool admits(OfferKind kind, const QString &key) const;
    friend bool operator==(const ViewRules &, const ViewRules &) = default;
};

struct View {
    QString name;
    QString description;
    QMap<QString, ViewRules> servers; ///< by name; others are not in the view

    friend bool operator==(const View &, const View &) = default;
};

/// How Request::server names a view: no server is called like that.
QString placeOfView(const QString &view);
/// The view \a place names; empty when it names none.
QString viewAt(const QString &place);

class ViewBook : public QObject
{
    Q_OBJECT
public:
    struct Changes {
        QStringList added;
        QStringList changed;
        QStringList removed;

        bool isEmpty() const { return added.isEmpty() && changed.isEmpty() && removed.isEmpty(); }
    };

    explicit ViewBook(QList<View> views = {}, QObject *parent = nullptr);

    /// By name. The pointer is good until replace().
    const View *find(const QString &name) const;
    const QMap<QString, View> &all() const { return m_views; }
    Changes replace(QList<View> views);

    /// Whether clients at \a place (as Request::server) see anything of \a server.
    bool shows(const QString &place, const QString &server) const;
    /// What they see of it; null when nothing is hidden from them.
    const ViewRules *rulesFor(const QString &place, const QString &server) const;

Q_SIGNALS:
    /// It was added, or shows something else.
    void viewChanged(const QString &name);
    void viewRemoved(const QString &name);

private:
    QMap<QString, View> m_views;
};

/// The same as \a views->shows(); \a views may be null.
inline bool showsAt(const ViewBook *views, const QString &place, const QString &server)
{
    return views ? views->shows(place, server) : place.isEmpty() || place == server;
}

} // namespace bridge::gateway
