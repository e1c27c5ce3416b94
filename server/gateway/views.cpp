// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/views.h"

#include <QtCore/QUrl>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr QLatin1StringView kPlace("views/");

/// Encoded or not, and also with the separators of Windows.
bool climbs(const QString &uri)
{
    QString path = QUrl::fromPercentEncoding(uri.toUtf8());
    path.replace(u'\\', u'/');
    const QStringList segments = path.split(u'/');
    return segments.contains("."_L1) || segments.contains(".."_L1);
}

QMap<QString, View> byName(QList<View> views)
{
    QMap<QString, View> map;
    for (View &view : views) {
        const QString name = view.name;
        map.insert(name, std::move(view));
    }
    return map;
}

} // namespace

const NameRule &ViewRules::ruleFor(OfferKind kind) const
{
    switch (kind) {
    case OfferKind::Prompts:
        return prompts;
    case OfferKind::Resources:
    case OfferKind::Templates:
        return resources;
    case OfferKind::Tools:
        break;
    }
    return tools;
}

bool ViewRules::admits(OfferKind kind, const QString &key) const
{
    const NameRule &rule = ruleFor(kind);
    const bool isUri = kind == OfferKind::Resources && rule != NameRule{};
    return rule.admits(key) && !(isUri && climbs(key));
}

QString placeOfView(const QString &view)
{
    return kPlace + view;
}

QString viewAt(const QString &place)
{
    return place.startsWith(kPlace) ? place.mid(kPlace.size()) : QString();
}

ViewBook::ViewBook(QList<View> views, QObject *parent)
    : QObject(parent)
    , m_views(byName(std::move(views)))
{
}

const View *ViewBook::find(const QString &name) const
{
    const auto found = m_views.constFind(name);
    return found == m_views.cend() ? nullptr : &*found;
}

ViewBook::Changes ViewBook::replace(QList<View> views)
{
    const QMap<QString, View> old = std::exchange(m_views, byName(std::move(views)));
    Changes changes;
    for (const View &view : std::as_const(m_views)) {
        const auto before = old.constFind(view.name);
        if (before == old.cend())
            changes.added.append(view.name);
        else if (*before != view)
            changes.changed.append(view.name);
    }
    for (const View &view : old) {
        if (!m_views.contains(view.name))
            changes.removed.append(view.name);
    }
    for (const QString &name : changes.added + changes.changed)
        Q_EMIT viewChanged(name);
    for (const QString &name : std::as_const(changes.removed))
        Q_EMIT viewRemoved(name);
    return changes;
}

bool ViewBook::shows(const QString &place, const QString &server) const
{
    const QString name = viewAt(place);
    if (name.isEmpty())
        return place.isEmpty() || place == server;
    const View *view = find(name);
    return view && view->servers.contains(server);
}

const ViewRules *ViewBook::rulesFor(const QString &place, const QString &server) const
{
    static const ViewRules nothing = [] {
        ViewRules rules;
        rules.tools.shown.emplace();
        rules.prompts.shown.emplace();
        rules.resources.shown.emplace();
        return rules;
    }();
    const QString name = viewAt(place);
    if (name.isEmpty())
        return nullptr;
    const View *view = find(name);
    const auto found =
        view ? view->servers.constFind(server) : QMap<QString, ViewRules>::const_iterator();
    // A request may be on its way when its server leaves the view.
    return view && found != view->servers.cend() ? &*found : &nothing;
}

} // namespace bridge::gateway
