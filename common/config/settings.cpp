// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/settings.h"

#include "common/config/value.h"
#include "common/logging/redaction.h"

#include <QtCore/QJsonArray>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::config {

QString sourceName(Source source)
{
    switch (source) {
    case Source::Default:
        return u"default"_s;
    case Source::File:
        return u"file"_s;
    case Source::EnvFile:
        return u".env"_s;
    case Source::Environment:
        return u"environment"_s;
    case Source::CommandLine:
        break;
    }
    return u"command line"_s;
}

Settings::Settings(const OptionTable &table) : m_table(&table)
{
    for (const Option &option : table.options())
        m_values.insert(option.name, {defaultValue(option), Source::Default});
}

const Settings::Value &Settings::stored(const QString &name) const
{
    static const Value missing;
    const auto it = m_values.find(name);
    Q_ASSERT_X(it != m_values.end(), "Settings", qPrintable(name + u" is no option"_s));
    return it == m_values.end() ? missing : *it;
}

QJsonValue Settings::typed(const QString &name, std::initializer_list<OptionType> types) const
{
    const Option *option = m_table->find(name);
    const bool fits = option && std::find(types.begin(), types.end(), option->type) != types.end();
    Q_ASSERT_X(fits, "Settings", qPrintable(name + u" is not of this type"_s));
    return fits ? stored(name).value : QJsonValue();
}

QString Settings::text(const QString &name) const
{
    return typed(name, {OptionType::Text, OptionType::Enum, OptionType::Path, OptionType::Url})
        .toString();
}

qint64 Settings::integer(const QString &name) const
{
    return typed(name, {OptionType::Integer}).toInteger();
}

double Settings::number(const QString &name) const
{
    return typed(name, {OptionType::Number}).toDouble();
}

bool Settings::boolean(const QString &name) const
{
    return typed(name, {OptionType::Boolean}).toBool();
}

qint64 Settings::bytes(const QString &name) const
{
    return typed(name, {OptionType::Bytes}).toInteger();
}

std::chrono::milliseconds Settings::seconds(const QString &name) const
{
    const double seconds = typed(name, {OptionType::Seconds}).toDouble();
    // Rounded up: 0 means "no limit", which 0.2 ms must not turn into.
    return std::chrono::milliseconds(qint64(std::ceil(seconds * 1000 - 1e-6)));
}

QStringList Settings::list(const QString &name) const
{
    QStringList entries;
    for (const QJsonValue entry : typed(name, {OptionType::List}).toArray())
        entries.append(entry.toString());
    return entries;
}

Networks Settings::networks(const QString &name) const
{
    const auto networks = Networks::from(list(name));
    return networks ? *networks : Networks();
}

QJsonValue Settings::json(const QString &name) const
{
    return typed(name, {OptionType::Json});
}

QMap<QString, QString> Settings::family(const QString &prefix) const
{
    return m_families.value(prefix);
}

QJsonValue Settings::value(const QString &name) const
{
    return stored(name).value;
}

Source Settings::source(const QString &name) const
{
    return stored(name).source;
}

QStringList Settings::secretValues() const
{
    QStringList secrets;
    for (const Option &option : m_table->options()) {
        if (option.secret && !value(option.name).toString().isEmpty())
            secrets.append(value(option.name).toString());
    }
    for (const auto &members : m_families) {
        for (auto it = members.begin(); it != members.end(); ++it) {
            if (logging::isSecretName(it.key()) && !it.value().isEmpty())
                secrets.append(it.value());
        }
    }
    return secrets;
}

QStringList Settings::differences(const Settings &other) const
{
    QStringList names;
    for (const Option &option : m_table->options()) {
        if (value(option.name) != other.value(option.name))
            names.append(option.name);
    }
    for (const Family &family : m_table->families()) {
        const auto mine = m_families.value(family.prefix);
        const auto theirs = other.m_families.value(family.prefix);
        QStringList keys = mine.keys() + theirs.keys();
        keys.removeDuplicates();
        for (const QString &key : keys) {
            if (mine.contains(key) != theirs.contains(key) || mine.value(key) != theirs.value(key))
                names.append(family.prefix + key);
        }
    }
    return names;
}

Settings Settings::withValuesOf(const Settings &other, const QStringList &names) const
{
    Settings out = *this;
    for (const QString &name : names) {
        if (other.m_values.contains(name))
            out.m_values.insert(name, other.m_values.value(name));
        else
            out.m_values.remove(name);
    }
    return out;
}

void Settings::set(const QString &name, const QJsonValue &value, Source source)
{
    Q_ASSERT_X(m_values.contains(name), "Settings", qPrintable(name + u" is no option"_s));
    m_values.insert(name, {value, source});
}

void Settings::setFamilyValue(const QString &prefix, const QString &name, const QString &value)
{
    m_families[prefix].insert(name, value);
}

} // namespace bridge::config
