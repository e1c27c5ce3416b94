// SPDX-License-Identifier: GPL-3.0-or-later
// Lays layers of settings on each other, weakest first, and collects what is wrong with them.
#pragma once

#include "common/base/result.h"
#include "common/config/assignment.h"

namespace bridge::config {

class Merge
{
public:
    explicit Merge(const OptionTable &table);

    /// Every assignment is checked, also one that a stronger layer replaces.
    void apply(const Layer &layer);

    const Settings &settings() const { return m_settings; }
    QList<FieldProblem> &problems() { return m_problems; }
    const QStringList &notices() const { return m_notices; }

private:
    void checkKeyFile(const Assignment &assignment);
    Result<QJsonValue> valueOf(const Assignment &assignment) const;

    const OptionTable &m_table;
    Settings m_settings;
    QList<FieldProblem> m_problems;
    QStringList m_notices;
};

/// Problems that only several settings together have.
QList<FieldProblem> checkTogether(const Settings &settings, const QStringList &serverNames);
/// Settings that make others pointless; \a commandGiven: a server command stands after `--`.
QStringList noticeTogether(const Settings &settings, bool commandGiven);
/// Content of the file at \a path, if it is no larger than \a limit bytes.
Result<QByteArray> readSmallFile(const QString &path, qint64 limit);

} // namespace bridge::config
