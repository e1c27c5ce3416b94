// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/reference.h"

#include "common/logging/redaction.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QJsonValue masked(const QJsonValue &value)
{
    if (value.isString())
        return logging::redact(value.toString());
    if (value.isArray()) {
        QJsonArray clean;
        for (const QJsonValue entry : value.toArray())
            clean.append(masked(entry));
        return clean;
    }
    if (!value.isObject())
        return value;
    QJsonObject clean;
    const QJsonObject object = value.toObject();
    for (auto it = object.begin(); it != object.end(); ++it)
        clean.insert(it.key(), masked(it.value()));
    return clean;
}

QJsonObject describeOption(const Option &option, const Settings &settings)
{
    const QJsonValue value = settings.value(option.name);
    const bool hidden = option.secret && !value.toString().isEmpty();
    QJsonObject entry{
        {u"name"_s, option.name},
        {u"type"_s, typeName(option.type)},
        {u"group"_s, option.group},
        {u"help"_s, option.help},
        {u"default"_s, option.defaultValue},
        {u"secret"_s, option.secret},
        {u"reload"_s, option.reload == Reload::Live ? u"live"_s : u"restart"_s},
        {u"value"_s, hidden ? QJsonValue(logging::kRedacted) : masked(value)},
        {u"source"_s, sourceName(settings.source(option.name))},
    };
    if (!option.flag.isEmpty())
        entry.insert(u"flag"_s, option.flag);
    if (!option.unit.isEmpty())
        entry.insert(u"unit"_s, option.unit);
    if (!option.values.isEmpty())
        entry.insert(u"values"_s, QJsonArray::fromStringList(option.values));
    if (option.minimum)
        entry.insert(u"minimum"_s, *option.minimum);
    if (option.maximum)
        entry.insert(u"maximum"_s, *option.maximum);
    return entry;
}

} // namespace

QJsonObject describe(const Settings &settings)
{
    QJsonArray options;
    for (const Option &option : settings.table().options()) {
        if (!option.ignored)
            options.append(describeOption(option, settings));
    }
    QJsonObject families;
    for (const Family &family : settings.table().families()) {
        QJsonObject members;
        const auto values = settings.family(family.prefix);
        for (auto it = values.begin(); it != values.end(); ++it) {
            const bool hidden = logging::isSecretName(it.key()) && !it.value().isEmpty();
            members.insert(it.key(),
                           hidden ? QString(logging::kRedacted) : logging::redact(it.value()));
        }
        families.insert(family.prefix, members);
    }
    return {{u"options"_s, options}, {u"families"_s, families}};
}

} // namespace bridge::config
