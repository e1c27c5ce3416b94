// SPDX-License-Identifier: GPL-3.0-or-later
// All settings there are, in the order they are shown.
#pragma once

#include "common/config/option.h"

#include <QtCore/QHash>

namespace bridge::config {

class OptionTable
{
public:
    OptionTable(QList<Option> options, QList<Family> families);

    const QList<Option> &options() const { return m_options; }
    const QList<Family> &families() const { return m_families; }
    /// Section headings in order.
    QStringList groups() const;

    /// By environment name or alias; nullptr if there is none.
    const Option *find(const QString &name) const;
    /// By flag, e.g. `--port`; nullptr if there is none.
    const Option *findFlag(const QString &flag) const;
    /// The secret that NAME_FILE stands for; nullptr if \a name is no such name.
    const Option *findSecretFile(const QString &name) const;
    /// The family \a name belongs to; nullptr if none.
    const Family *findFamily(const QString &name) const;

private:
    QList<Option> m_options;
    QList<Family> m_families;
    QHash<QString, qsizetype> m_byName;
    QHash<QString, qsizetype> m_byFlag;
};

/// The table of the bridge.
const OptionTable &optionTable();

} // namespace bridge::config
