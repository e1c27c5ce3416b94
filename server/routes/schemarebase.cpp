// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/schemarebase.h"

#include "common/json/pointer.h"
#include "server/routes/markdown.h"

#include <QtCore/QHash>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>
#include <QtCore/QSet>
#include <QtCore/QUrl>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

constexpr int kMaxSchemaDepth = 64;

/// What a JSON value inside a schema is, which decides whether its keys are keywords.
enum class Role { Schema, SchemaMap, Data };

Role roleOf(const QString &keyword)
{
    static const QSet<QString> maps{u"properties"_s,   u"patternProperties"_s,
                                    u"$defs"_s,        u"dependentSchemas"_s,
                                    u"dependencies"_s, u"definitions"_s};
    // A `$ref` in one of these is nobody's reference.
    static const QSet<QString> data{u"const"_s, u"enum"_s, u"default"_s, u"example"_s,
                                    u"examples"_s};
    if (maps.contains(keyword))
        return Role::SchemaMap;
    return data.contains(keyword) ? Role::Data : Role::Schema;
}

/// A tuple was `items` with an array up to 2019-09; OpenAPI 3.1 speaks 2020-12.
bool isOldTuple(const QJsonObject &schema)
{
    return schema.value("items"_L1).isArray();
}

QString modernKeyword(const QString &keyword, bool inOldTuple)
{
    if (inOldTuple && keyword == "items"_L1)
        return u"prefixItems"_s;
    return inOldTuple && keyword == "additionalItems"_L1 ? u"items"_s : keyword;
}

/// The base address that the references of \a schema are relative to (2020-12 core §8.2.1).
QUrl baseOf(const QJsonObject &schema, const QUrl &outer)
{
    const QString id = schema.value("$id"_L1).toString();
    return id.isEmpty() || id.startsWith('#'_L1) ? outer : outer.resolved(QUrl(id));
}

class Rebaser
{
public:
    Rebaser(const QJsonValue &root, const QString &place) : m_root(root), m_place(place)
    {
        m_pointers.insert(QString(), QString());
        note(root, Role::Schema, QString(), QUrl(), 0);
    }
    QJsonValue rebased() const { return moved(m_root, Role::Schema, QUrl(), 0); }

private:
    void note(const QJsonValue &value, Role role, const QString &pointer, const QUrl &outer,
              int depth);
    void noteNames(const QJsonObject &schema, const QString &pointer, const QUrl &base);
    QJsonValue moved(const QJsonValue &value, Role role, const QUrl &outer, int depth) const;
    QJsonObject movedSchema(const QJsonObject &schema, const QUrl &outer, int depth) const;
    QString address(const QString &reference, const QUrl &base) const;
    QString newPointer(const QString &pointer) const;

    const QJsonValue m_root;
    const QString m_place;
    QHash<QString, QString> m_pointers; ///< by address: embedded resources, anchors (`…#name`)
};

void Rebaser::note(const QJsonValue &value, Role role, const QString &pointer, const QUrl &outer,
                   int depth)
{
    if (depth > kMaxSchemaDepth || role == Role::Data)
        return;
    if (value.isArray()) {
        const QJsonArray items = value.toArray();
        for (qsizetype i = 0; i < items.size(); ++i)
            note(items.at(i), Role::Schema, json::appendPointer(pointer, i), outer, depth + 1);
    }
    if (!value.isObject())
        return;
    const QJsonObject object = value.toObject();
    const bool isSchema = role == Role::Schema;
    const QUrl base = isSchema ? baseOf(object, outer) : outer;
    if (isSchema)
        noteNames(object, pointer, base);
    for (auto it = object.begin(); it != object.end(); ++it)
        note(*it, isSchema ? roleOf(it.key()) : Role::Schema,
             json::appendPointer(pointer, it.key()), base, depth + 1);
}

void Rebaser::noteNames(const QJsonObject &schema, const QString &pointer, const QUrl &base)
{
    const auto insert = [this, &pointer](const QUrl &url) {
        if (!m_pointers.contains(url.toString()))
            m_pointers.insert(url.toString(), pointer);
    };
    const QString id = schema.value("$id"_L1).toString();
    if (!id.isEmpty() && !id.startsWith('#'_L1))
        insert(base.adjusted(QUrl::RemoveFragment));
    // Draft-07 wrote an anchor as an `$id` that is only a fragment.
    for (const QString &name :
         {schema.value("$anchor"_L1).toString(), schema.value("$dynamicAnchor"_L1).toString(),
          id.startsWith('#'_L1) ? id.mid(1) : QString()}) {
        if (name.isEmpty())
            continue;
        QUrl url = base;
        url.setFragment(name);
        insert(url);
    }
}

QJsonValue Rebaser::moved(const QJsonValue &value, Role role, const QUrl &outer, int depth) const
{
    if (role == Role::Data)
        return value;
    if (depth > kMaxSchemaDepth)
        return QJsonObject();
    if (value.isArray()) {
        QJsonArray items;
        for (const QJsonValue item : value.toArray())
            items.append(moved(item, Role::Schema, outer, depth + 1));
        return items;
    }
    if (!value.isObject())
        return value;
    if (role == Role::Schema)
        return movedSchema(value.toObject(), outer, depth);
    QJsonObject map = value.toObject();
    for (auto it = map.begin(); it != map.end(); ++it)
        *it = moved(*it, Role::Schema, outer, depth + 1);
    return map;
}

QJsonObject Rebaser::movedSchema(const QJsonObject &schema, const QUrl &outer, int depth) const
{
    static const QSet<QString> gone{u"$schema"_s, u"$id"_s, u"$anchor"_s, u"$dynamicAnchor"_s};
    const QUrl base = baseOf(schema, outer);
    const bool oldTuple = isOldTuple(schema);
    QJsonObject made;
    for (auto it = schema.begin(); it != schema.end(); ++it) {
        if (gone.contains(it.key()))
            continue;
        if (it.key() == "$ref"_L1 || it.key() == "$dynamicRef"_L1) {
            const QString target = it->isString() ? address(it->toString(), base) : QString();
            if (!target.isEmpty())
                made["$ref"_L1] = target;
            continue;
        }
        if (it.key() == "description"_L1 && it->isString()) {
            made[it.key()] = markdownOf(it->toString());
            continue;
        }
        made[modernKeyword(it.key(), oldTuple)] = moved(*it, roleOf(it.key()), base, depth + 1);
    }
    return made;
}

/// The reference's target in the new document; empty when there is none.
QString Rebaser::address(const QString &reference, const QUrl &base) const
{
    if (!QUrl(reference).isValid() && !reference.isEmpty())
        return {};
    const QUrl url = base.resolved(QUrl(reference));
    if (const auto anchor = m_pointers.constFind(url.toString()); anchor != m_pointers.cend())
        return newPointer(*anchor);
    const QString fragment = url.fragment(QUrl::FullyDecoded);
    const auto resource = m_pointers.constFind(url.adjusted(QUrl::RemoveFragment).toString());
    if (resource == m_pointers.cend() || (!fragment.isEmpty() && !fragment.startsWith('/'_L1)))
        return {};
    return newPointer(*resource + fragment);
}

QString Rebaser::newPointer(const QString &pointer) const
{
    const std::optional<QStringList> tokens = json::pointerTokens(pointer);
    if (!tokens || tokens->size() > kMaxSchemaDepth)
        return {};
    QString made;
    QJsonValue at = m_root;
    Role role = Role::Schema;
    for (const QString &token : *tokens) {
        const QJsonValue next = json::pointerStep(at, token);
        if (next.isUndefined())
            return {};
        const bool isKeyword = at.isObject() && role == Role::Schema;
        made = json::appendPointer(made, isKeyword ? modernKeyword(token, isOldTuple(at.toObject()))
                                                   : token);
        role = isKeyword ? roleOf(token) : role == Role::Data ? Role::Data : Role::Schema;
        at = next;
    }
    if (!at.isObject() && !at.isBool())
        return {};
    return m_place + QString::fromLatin1(QUrl::toPercentEncoding(made, "/$!&'()*+,;=:@"));
}

} // namespace

QJsonValue rebasedSchema(const QJsonValue &schema, const QString &place)
{
    return Rebaser(schema, place).rebased();
}

} // namespace bridge::routes
