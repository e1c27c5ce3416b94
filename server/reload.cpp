// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/reload.h"

#include "common/logging/categories.h"
#include "common/logging/logger.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge {

bool ReloadReport::isEmpty() const
{
    return servers.added.isEmpty() && servers.changed.isEmpty() && servers.removed.isEmpty()
           && views.isEmpty() && !access.policy && !access.limits && settings.isEmpty()
           && restart.isEmpty();
}

QJsonObject ReloadReport::toJson() const
{
    const auto list = [](const QStringList &names) { return QJsonArray::fromStringList(names); };
    QJsonObject report{{"status"_L1, isEmpty() ? u"unchanged"_s : u"reloaded"_s},
                       {"added"_L1, list(servers.added)},
                       {"changed"_L1, list(servers.changed)},
                       {"removed"_L1, list(servers.removed)},
                       {"unchanged"_L1, list(servers.unchanged)},
                       {"settings"_L1, list(settings)},
                       {"restart_required"_L1, list(restart)}};
    if (!views.isEmpty())
        report.insert("views"_L1, QJsonObject{{"added"_L1, list(views.added)},
                                              {"changed"_L1, list(views.changed)},
                                              {"removed"_L1, list(views.removed)}});
    if (access.policy)
        report.insert("policy"_L1, u"changed"_s);
    if (access.limits)
        report.insert("limits"_L1, u"changed"_s);
    return report;
}

void sortSettings(const config::Settings &running, const config::Settings &next,
                  ReloadReport &report)
{
    const QStringList names = next.differences(running);
    for (const QString &name : names) {
        // Members of families, e.g. MCP_ENV_*, belong to definitions of servers.
        const config::Option *option = next.table().find(name);
        const bool isLive = !option || option->ignored || option->reload == config::Reload::Live;
        (isLive ? report.settings : report.restart).append(name);
    }
}

void logReload(const ReloadReport &report, const QString &cause)
{
    logging::event(
        logging::lcConfig(), logging::Level::Info,
        report.isEmpty() ? u"The configuration was read again; nothing has changed"
                         : u"The configuration was reloaded",
        {{u"cause"_s, cause},
         {u"added"_s, report.servers.added.join(u", "_s)},
         {u"changed"_s, report.servers.changed.join(u", "_s)},
         {u"removed"_s, report.servers.removed.join(u", "_s)},
         {u"views"_s,
          (report.views.added + report.views.changed + report.views.removed).join(u", "_s)},
         {u"access"_s, QString(report.access.policy   ? u"policy"_s
                               : report.access.limits ? u"limits"_s
                                                      : QString())},
         {u"settings"_s, report.settings.join(u", "_s)}});
    if (!report.restart.isEmpty())
        logging::event(logging::lcConfig(), logging::Level::Warning,
                       QString(u"Settings that take a restart have changed; the old values stay in "
                               "force until then: "_s
                               + report.restart.join(u", "_s)));
}

void logRefusal(const Error &error, const QString &cause)
{
    // One line: line ends would stand in it as \\n.
    QStringList parts{error.message};
    for (const FieldProblem &problem : error.problems)
        parts.append(problem.path + u": "_s + problem.message);
    const QString text = parts.join(u' ');
    logging::event(logging::lcConfig(), logging::Level::Error,
                   QString(u"The configuration was not reloaded, nothing has changed. "_s + text),
                   {{u"cause"_s, cause}});
}

} // namespace bridge
