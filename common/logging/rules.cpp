// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/rules.h"

using namespace Qt::StringLiterals;

namespace bridge::logging {

namespace {

const QStringList &levelNames()
{
    static const QStringList names{u"debug"_s, u"info"_s, u"warning"_s, u"error"_s, u"off"_s};
    return names;
}

QString rulesFor(const QString &category, const QString &level)
{
    static const QStringList types{u"debug"_s, u"info"_s, u"warning"_s, u"critical"_s};
    const qsizetype threshold = levelNames().indexOf(level);
    QString rules;
    for (qsizetype i = 0; i < types.size(); ++i) {
        const QString shown = i >= threshold ? u"true"_s : u"false"_s;
        rules += category + u'.' + types.at(i) + u'=' + shown + u'\n';
    }
    return rules;
}

/// Qt understands `*` at either end of a category only.
bool isCategoryPattern(const QString &text)
{
    const QStringView inner = QStringView(text).mid(text.startsWith(u'*') ? 1 : 0);
    for (qsizetype i = 0; i < inner.size(); ++i) {
        const QChar c = inner.at(i);
        const bool star = c == u'*' && i == inner.size() - 1;
        if (!star && !c.isLetterOrNumber() && c != u'.' && c != u'_' && c != u'-')
            return false;
    }
    return !text.isEmpty();
}

} // namespace

bool isLevelName(const QString &name)
{
    return levelNames().contains(name);
}

Result<QString> filterRules(const QString &level, const QStringList &categories)
{
    Error problems(ErrorCode::InvalidConfig, u"The log levels cannot be understood."_s);
    if (!isLevelName(level)) {
        problems.problems.append(
            {level, u"is no log level; use debug, info, warning, error or off."_s});
    }
    // Qt's own chatter is never what somebody who asks for debug output of the bridge wants.
    QString rules = rulesFor(u"*"_s, level) + u"qt.*.debug=false\nqt.*.info=false\n"_s;
    bool wireNamed = false;
    for (const QString &entry : categories) {
        const QString category = entry.section(u'=', 0, 0).trimmed();
        const QString wanted = entry.section(u'=', 1).trimmed().toLower();
        wireNamed = wireNamed || category == "bridge.mcp.wire"_L1;
        if (isCategoryPattern(category) && isLevelName(wanted))
            rules += rulesFor(category, wanted);
        else
            problems.problems.append({entry, u"is no rule; write category=level, for example "
                                             "bridge.mcp.wire=debug."_s});
    }
    if (!problems.problems.isEmpty())
        return problems;
    // Wire traffic holds arguments and results: `bridge.*=debug` alone must not show it.
    return wireNamed ? rules : rules + rulesFor(u"bridge.mcp.wire"_s, u"off"_s);
}

} // namespace bridge::logging
