// SPDX-License-Identifier: GPL-3.0-or-later
// Internal to bridge::json: reads the keywords of one schema object into a Node. A keyword with a
// value of the wrong type fails the compilation, unknown keywords are ignored.
#pragma once

#include "common/json/compiler.h"

namespace bridge::json {

class KeywordReader
{
public:
    KeywordReader(Compiler &compiler, int spot, int id, const QJsonObject &schema, int depth);
    Node read();

private:
    void readLogic();
    void readReferences();
    void readTypes();
    void readChoices();
    void readNumber();
    void readString();
    void readObject();
    void readDependencies();
    void readArray();
    void readItems();
    void readUnevaluated();
    void indexDefinitions();

    bool has(QLatin1StringView keyword) const { return m_schema.contains(keyword); }
    bool hasAny(std::initializer_list<QLatin1StringView> keywords) const;
    void fail(const QString &message) { m_compiler.fail(m_spot, message); }
    int schemaAt(QLatin1StringView keyword);
    std::vector<int> schemaList(QLatin1StringView keyword);
    std::vector<std::pair<QString, int>> schemaMap(QLatin1StringView keyword);
    qint64 countAt(QLatin1StringView keyword, qint64 fallback = kNoLimit);
    QJsonValue numberAt(QLatin1StringView keyword);
    QStringList stringsOf(const QJsonValue &value, QLatin1StringView keyword);
    std::optional<Regex> regexOf(const QString &pattern);
    unsigned typeBit(const QString &name);

    Compiler &m_compiler;
    const int m_spot;
    const int m_id;
    const QJsonObject &m_schema;
    const int m_depth;
    const Vocabulary m_vocabulary;
    Node m_node;
};

} // namespace bridge::json
