// SPDX-License-Identifier: GPL-3.0-or-later
#include "schemacheck.h"

#include "common/json/schema.h"

#include <QtCore/QFile>
#include <QtCore/QHash>
#include <QtCore/QJsonDocument>

using namespace bridge;
using namespace Qt::StringLiterals;

namespace gatewaytest {

namespace {

/// Revisions whose schema has no definition of its own for a notification's params.
QJsonObject definitionOf(QJsonObject schema, const QString &where, const QString &name)
{
    schema.remove("anyOf"_L1);
    schema.insert("$ref"_L1, u"#/%1/%2"_s.arg(where, name));
    return schema;
}

} // namespace

bool isValid(const QByteArray &json, const QString &revision, const QString &definition)
{
    QFile file(QStringLiteral(BRIDGE_SHARED_DATA) + u"/mcp-schema/%1.json"_s.arg(revision));
    if (!file.open(QIODevice::ReadOnly))
        return true;
    static QHash<QString, json::Schema> compiled;
    const QString key = revision + u'#' + definition;
    if (!compiled.contains(key)) {
        const QJsonObject whole = QJsonDocument::fromJson(file.readAll()).object();
        const QString where = whole.contains("$defs"_L1) ? u"$defs"_s : u"definitions"_s;
        if (!whole[where].toObject().contains(definition)) {
            qWarning().noquote() << revision << "has no" << definition;
            return false;
        }
        const auto schema = json::Schema::compile(definitionOf(whole, where, definition));
        if (!schema) {
            qWarning().noquote() << schema.error().message;
            return false;
        }
        compiled.insert(key, *schema);
    }
    const auto problems = compiled[key].validate(QJsonDocument::fromJson(json).object());
    for (const FieldProblem &problem : problems)
        qWarning().noquote() << definition << problem.path << problem.message << json.left(500);
    return problems.isEmpty();
}

} // namespace gatewaytest
