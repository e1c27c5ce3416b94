// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/toolview.h"

#include "common/json/scan.h"
#include "common/json/writer.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

/// Members of a JSON object by name, as the bytes that came.
class RawMembers
{
public:
    explicit RawMembers(const QByteArray &object)
    {
        if (auto list = json::members(object))
            m_list = *list;
    }

    QByteArrayView operator[](QStringView key) const
    {
        for (const json::Member &member : m_list) {
            if (member.key == key)
                return member.value;
        }
        return "null";
    }
    const QList<json::Member> &all() const { return m_list; }

private:
    QList<json::Member> m_list;
};

/// Every hint is present so that clients need not tell absent from null (contract §1.4).
QJsonValue annotationsView(const QJsonValue &given)
{
    if (!given.isObject())
        return QJsonValue::Null;
    QJsonObject view = given.toObject();
    for (const auto key : {"title"_L1, "readOnlyHint"_L1, "destructiveHint"_L1, "idempotentHint"_L1,
                           "openWorldHint"_L1}) {
        if (!view.contains(key))
            view[key] = QJsonValue::Null;
    }
    return view;
}

/// The schema byte-true where the bridge did not have to change it: the order of properties is
/// what people see in forms.
void addInputSchema(json::ObjectWriter &writer, const upstream::Tool &tool, const RawMembers &raw)
{
    if (tool.mappings.isEmpty() && !tool.wantsOauthToken)
        writer.raw(u"inputSchema", raw[u"inputSchema"]);
    else
        writer.value(u"inputSchema", tool.inputSchema);
}

void addOutputSchema(json::ObjectWriter &writer, const upstream::Tool &tool, const RawMembers &raw)
{
    if (tool.object.contains("outputSchema"_L1))
        writer.raw(u"outputSchema", raw[u"outputSchema"]);
    else
        writer.value(u"outputSchema",
                     tool.outputSchema.isUndefined() ? QJsonValue::Null : tool.outputSchema);
}

} // namespace

QByteArray toolView(const upstream::Tool &tool, const QString &url)
{
    const RawMembers raw(tool.raw);
    json::ObjectWriter writer;
    writer.value(u"name", tool.name);
    writer.raw(u"title", raw[u"title"]);
    writer.raw(u"description", raw[u"description"]);
    addInputSchema(writer, tool, raw);
    addOutputSchema(writer, tool, raw);
    writer.value(u"annotations", annotationsView(tool.object.value("annotations"_L1)));
    writer.raw(u"meta", raw[u"_meta"]);
    writer.value(u"url", url);
    static const QSet<QString> shown{u"name"_s,        u"title"_s,        u"description"_s,
                                     u"inputSchema"_s, u"outputSchema"_s, u"annotations"_s,
                                     u"meta"_s,        u"url"_s};
    for (const json::Member &member : raw.all()) {
        if (!shown.contains(member.key))
            writer.raw(member.key, member.value);
    }
    return writer.take();
}

QByteArray toolSchemaView(const upstream::Tool &tool)
{
    const RawMembers raw(tool.raw);
    json::ObjectWriter writer;
    writer.value(u"name", tool.name);
    writer.raw(u"description", raw[u"description"]);
    addInputSchema(writer, tool, raw);
    addOutputSchema(writer, tool, raw);
    return writer.take();
}

QByteArray completed(const QByteArray &raw, const QStringList &expected)
{
    const RawMembers members(raw);
    QStringList missing = expected;
    json::ObjectWriter writer;
    for (const json::Member &member : members.all()) {
        writer.raw(member.key, member.value);
        missing.removeOne(member.key);
    }
    for (const QString &key : std::as_const(missing))
        writer.value(key, QJsonValue::Null);
    return writer.take();
}

QByteArray rawArray(const QList<QByteArray> &items)
{
    return '[' + items.join(',') + ']';
}

} // namespace bridge::routes
