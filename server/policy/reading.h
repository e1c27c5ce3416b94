// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what `bridge.policy` and `bridge.limits` have in common: objects of known keys, lists of
// patterns, each problem with its place.
#pragma once

#include "common/base/error.h"
#include "common/config/globs.h"

#include <QtCore/QJsonObject>
#include <QtCore/QStringList>

#include <optional>

namespace bridge::policy {

/// What rules may name.
struct KnownNames {
    QStringList servers;
    QStringList issuers = {}; ///< empty = they are not known
};

class Reading
{
public:
    explicit Reading(QList<FieldProblem> &problems) : m_problems(problems) {}

    void problem(const QString &place, const QString &message)
    {
        m_problems.append({place, message});
    }
    bool isFine() const { return m_problems.isEmpty(); }

    /// A problem for each key of \a object that is not among \a known; keys that begin with `_` or
    /// `//` are remarks.
    void checkKeys(const QString &place, const QJsonObject &object, const QStringList &known);
    /// A text or an array of texts, not empty; nothing when \a value is undefined.
    std::optional<QStringList> texts(const QString &place, const QJsonValue &value);
    /// The same as patterns.
    std::optional<config::GlobList> globs(const QString &place, const QJsonValue &value);
    /// Patterns of server names, each of which fits one of \a servers.
    std::optional<config::GlobList> serverGlobs(const QString &place, const QJsonValue &value,
                                                const QStringList &servers);
    QString text(const QString &place, const QJsonValue &value);

private:
    QList<FieldProblem> &m_problems;
};

/// `file: bridge.policy.rules[3]`; people count the first one as 0 in JSON paths too.
QString placeOf(const QString &list, qsizetype index);

} // namespace bridge::policy
