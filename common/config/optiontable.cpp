// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optiontable.h"

#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

/// QTimer counts milliseconds in an int.
constexpr double kLongestTimer = 2'000'000;

} // namespace

OptionTable::OptionTable(QList<Option> options, QList<Family> families)
    : m_options(std::move(options))
    , m_families(std::move(families))
{
    for (qsizetype i = 0; i < m_options.size(); ++i) {
        Option &option = m_options[i];
        if (option.type == OptionType::Seconds && !option.maximum)
            option.maximum = kLongestTimer;
        m_byName.insert(option.name, i);
        for (const QString &alias : option.aliases)
            m_byName.insert(alias, i);
        if (!option.flag.isEmpty())
            m_byFlag.insert(option.flag, i);
    }
}

QStringList OptionTable::groups() const
{
    QStringList names;
    for (const Option &option : m_options) {
        if (!names.contains(option.group))
            names.append(option.group);
    }
    return names;
}

const Option *OptionTable::find(const QString &name) const
{
    const auto it = m_byName.find(name);
    return it == m_byName.end() ? nullptr : &m_options.at(*it);
}

const Option *OptionTable::findFlag(const QString &flag) const
{
    const auto it = m_byFlag.find(flag);
    return it == m_byFlag.end() ? nullptr : &m_options.at(*it);
}

const Option *OptionTable::findSecretFile(const QString &name) const
{
    if (!name.endsWith("_FILE"_L1))
        return nullptr;
    const Option *option = find(name.chopped(5));
    return option && option->secret ? option : nullptr;
}

const Family *OptionTable::findFamily(const QString &name) const
{
    for (const Family &family : m_families) {
        if (name.size() > family.prefix.size() && name.startsWith(family.prefix))
            return &family;
    }
    return nullptr;
}

const OptionTable &optionTable()
{
    static const OptionTable table(listenRows() + childRows() + remoteRows() + toolRows()
                                       + sessionRows() + authRows() + loginRows() + accessRows()
                                       + gateRows() + credentialRows() + secretRows()
                                       + observationRows() + compatibilityRows(),
                                   families());
    return table;
}

} // namespace bridge::config
