// SPDX-License-Identifier: GPL-3.0-or-later
// The values in force, each of its option's type, with where it came from. A plain value: copy it
// to hand it on. Asking for a name that is not in the table, or by a getter of another type, is a
// programming error: it asserts, and gives an empty value in release builds.
#pragma once

#include "common/base/networks.h"
#include "common/config/optiontable.h"

#include <QtCore/QHash>
#include <QtCore/QJsonValue>
#include <QtCore/QMap>

#include <chrono>

namespace bridge::config {

/// From weakest to strongest.
enum class Source { Default, File, EnvFile, Environment, CommandLine };

/// `default`, `file`, `.env`, `environment` or `command line`.
QString sourceName(Source source);

class Settings
{
public:
    /// All defaults of \a table, which must outlive the settings.
    explicit Settings(const OptionTable &table = optionTable());

    QString text(const QString &name) const; ///< Text, Enum, Path (absolute), Url
    qint64 integer(const QString &name) const;
    double number(const QString &name) const;
    bool boolean(const QString &name) const;
    qint64 bytes(const QString &name) const;
    std::chrono::milliseconds seconds(const QString &name) const;
    QStringList list(const QString &name) const;
    /// A List of networks; none when one of them is not, which a check of the option refuses.
    Networks networks(const QString &name) const;
    QJsonValue json(const QString &name) const; ///< null when not set
    /// Values of a family by the name without its prefix: MCP_ENV_A=b → {A: b}.
    QMap<QString, QString> family(const QString &prefix) const;

    QJsonValue value(const QString &name) const; ///< as stored, whatever the type
    Source source(const QString &name) const;
    bool isSet(const QString &name) const { return source(name) != Source::Default; }
    /// Every secret value, for logging::registerSecret(): secret options and family values
    /// whose names say so.
    QStringList secretValues() const;
    /// Names of options and family members whose values differ, in table order; for a reload.
    QStringList differences(const Settings &other) const;
    /// These settings, but \a names with the values of \a other, which is of the same table.
    Settings withValuesOf(const Settings &other, const QStringList &names) const;
    const OptionTable &table() const { return *m_table; }

    /// Used by the loader and by tests; \a value must be what parseValue() gives for the option.
    void set(const QString &name, const QJsonValue &value, Source source);
    void setFamilyValue(const QString &prefix, const QString &name, const QString &value);

private:
    struct Value {
        QJsonValue value;
        Source source = Source::Default;
    };

    const Value &stored(const QString &name) const;
    QJsonValue typed(const QString &name, std::initializer_list<OptionType> types) const;

    const OptionTable *m_table;
    QHash<QString, Value> m_values;
    QMap<QString, QMap<QString, QString>> m_families;
};

} // namespace bridge::config
