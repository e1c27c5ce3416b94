// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/serverentry.h"

#include "server/upstream/entrykeys.h"
#include "server/upstream/overlays.h"
#include "server/upstream/placeholders.h"
#include "server/upstream/remoteconfig.h"

#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtCore/QJsonArray>

#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr qsizetype kLongestName = 64;

bool isServerName(const QString &name)
{
    const auto isPlain = [](QChar c) { return c.unicode() < 128 && c.isLetterOrNumber(); };
    if (name.isEmpty() || name.size() > kLongestName || !isPlain(name.front()))
        return false;
    // "__" separates server and tool in the names of the aggregated gateway.
    return !name.contains("__"_L1) && std::all_of(name.cbegin(), name.cend(), [&](QChar c) {
        return isPlain(c) || c == u'.' || c == u'_' || c == u'-';
    });
}

/// Typed reads of one object; what does not fit becomes a problem and leaves the value alone.
class Reader
{
public:
    Reader(QString place, QJsonObject object, QList<FieldProblem> &problems)
        : m_place(std::move(place))
        , m_object(std::move(object))
        , m_problems(problems)
    {
    }

    void checkPlaceholders(const QString &key, const QString &text)
    {
        if (const QString wrong = placeholderProblem(text); !wrong.isEmpty())
            problem(key, wrong);
    }

    bool has(const QString &key) const { return m_object.contains(key); }
    QJsonValue value(const QString &key) const { return m_object.value(key); }
    void problem(const QString &key, const QString &message)
    {
        m_problems.append({key.isEmpty() ? m_place : m_place + u'.' + key, message});
    }

    void read(const QString &key, bool &target)
    {
        if (has(key) && !value(key).isBool())
            problem(key, u"must be true or false."_s);
        target = value(key).toBool(target);
    }
    void read(const QString &key, QString &target)
    {
        if (has(key) && !value(key).isString())
            problem(key, u"must be a text."_s);
        target = value(key).toString(target);
    }
    void readCount(const QString &key, qint64 &target)
    {
        const double number = value(key).toDouble(-1);
        if (!has(key))
            return;
        if (number < 0 || number > 1e15 || std::floor(number) != number)
            return problem(key, u"must be a whole number that is not negative."_s);
        target = qint64(number);
    }
    void readSeconds(const QString &key, std::chrono::milliseconds &target)
    {
        const double number = value(key).toDouble(-1);
        if (!has(key))
            return;
        if (number < 0 || number > 1e9)
            return problem(key, u"must be a number of seconds that is not negative."_s);
        target = std::chrono::milliseconds(qint64(number * 1000));
    }
    /// An array of texts, or one text with commas when \a mayBeText.
    bool readList(const QString &key, QStringList &target, bool mayBeText)
    {
        const QJsonValue given = value(key);
        if (given.isUndefined())
            return false;
        if (mayBeText && given.isString()) {
            target = given.toString().split(u',', Qt::SkipEmptyParts);
            return true;
        }
        QStringList texts;
        const QJsonArray items = given.toArray();
        for (const QJsonValue &item : items)
            texts.append(item.toString());
        const bool fits = given.isArray()
                          && std::all_of(items.begin(), items.end(),
                                         [](const QJsonValue &item) { return item.isString(); });
        if (fits)
            target = texts;
        else
            problem(key, u"must be an array of texts."_s);
        return fits;
    }
    void readGlobs(const QString &key, config::GlobList &target)
    {
        QStringList patterns;
        if (!readList(key, patterns, true))
            return;
        for (QString &pattern : patterns)
            pattern = pattern.trimmed();
        target = config::GlobList::fromList(patterns);
    }
    QJsonObject object(const QString &key)
    {
        if (has(key) && !value(key).isObject())
            problem(key, u"must be an object."_s);
        return value(key).toObject();
    }

private:
    QString m_place;
    QJsonObject m_object;
    QList<FieldProblem> &m_problems;
};

void readCommand(Reader &reader, ServerDefinition &definition)
{
    QString type = u"stdio"_s;
    reader.read(u"type"_s, type);
    if (type != "stdio"_L1)
        return reader.problem(u"type"_s, u"must be \"stdio\" for a server with a command; remote "
                                         "servers have url."_s);
    QString program;
    QStringList arguments;
    reader.read(u"command"_s, program);
    reader.readList(u"args"_s, arguments, false);
    if (!reader.has(u"command"_s) || (reader.value(u"command"_s).isString() && program.isEmpty()))
        reader.problem(u"command"_s, u"is missing: the program that is the MCP server."_s);
    reader.checkPlaceholders(u"command"_s, program);
    for (const QString &argument : std::as_const(arguments))
        reader.checkPlaceholders(u"args"_s, argument);
    definition.command = QStringList{program} + arguments;
}

void readEnvironment(Reader &reader, ServerDefinition &definition)
{
    const QJsonObject variables = reader.object(u"env"_s);
    for (auto it = variables.begin(); it != variables.end(); ++it) {
        const QJsonValue value = it.value();
        const QString place = u"env.%1"_s.arg(it.key());
        if (it.key().isEmpty() || it.key().contains(u'=') || value.isObject() || value.isArray()) {
            reader.problem(place, u"must be a name and a text."_s);
            continue;
        }
        reader.checkPlaceholders(place, value.toVariant().toString());
        definition.environment.insert(it.key(), value.toVariant().toString());
    }
    reader.readList(u"envPassthrough"_s, definition.environmentPassthrough, true);
}

void readPolicy(Reader &reader, ServerDefinition &definition, const QJsonObject &entry)
{
    reader.readGlobs(u"include"_s, definition.include);
    reader.readGlobs(u"exclude"_s, definition.exclude);
    reader.readGlobs(u"effectTools"_s, definition.effect);
    reader.readGlobs(u"disabledTools"_s, definition.hidden);
    reader.read(u"headerMapStrict"_s, definition.headerMappingStrict);
    reader.read(u"validateInput"_s, definition.validateInput);
    if (reader.has(u"headerMap"_s)) {
        const QJsonObject map = reader.object(u"headerMap"_s);
        QStringList pairs;
        for (auto it = map.begin(); it != map.end(); ++it)
            pairs.append(it.key() + u'=' + it.value().toString());
        definition.headerMappings = headerMappings(pairs);
        if (definition.headerMappings.size() != map.size())
            reader.problem(u"headerMap"_s, u"must map property names to header names."_s);
    }
    if (entry.contains("outputSchemas"_L1))
        definition.outputSchemas = loadOverlays(reader.object(u"outputSchemas"_s), {});
}

void readLimits(Reader &reader, ServerDefinition &definition, const QString &place,
                QList<FieldProblem> &problems)
{
    Reader limits(place + u".limits"_s, reader.object(u"limits"_s), problems);
    limits.readCount(u"memoryMb"_s, definition.limits.memoryMb);
    limits.readCount(u"cpuSeconds"_s, definition.limits.cpuSeconds);
    limits.readCount(u"openFiles"_s, definition.limits.openFiles);
    limits.readSeconds(u"lifetimeSeconds"_s, definition.limits.lifetime);
    qint64 warm = definition.warmPoolSize;
    reader.readCount(u"warmPoolSize"_s, warm);
    definition.warmPoolSize = int(qMin<qint64>(warm, 256));
    reader.readSeconds(u"timeout"_s, definition.toolTimeout);
    reader.readSeconds(u"startTimeout"_s, definition.startTimeout);
    reader.readSeconds(u"requestTimeout"_s, definition.requestTimeout);
}

} // namespace

ServerDefinition readServerEntry(const QString &name, const QJsonObject &entry,
                                 const ServerDefinition &common, const RemoteDefinition &remote,
                                 const QString &configFile, QList<FieldProblem> &problems)
{
    const QString place = u"file: mcpServers.%1"_s.arg(name);
    ServerDefinition definition = common;
    definition.name = name;
    Reader reader(place, entry, problems);
    if (!isServerName(name))
        reader.problem({}, u"is no name for a server: use up to 64 letters, digits, \".\", \"_\" "
                           "and \"-\", begin with a letter or digit, and do not use \"__\"."_s);
    checkEntryKeys(place, entry, problems);
    reader.read(u"disabled"_s, definition.disabled);
    reader.read(u"reuse"_s, definition.reuse);
    const bool isRemote = reader.has(u"url"_s) || reader.has(u"serverUrl"_s);
    if (isRemote)
        definition.remote = remoteEntry(place, entry, remote, problems);
    if (isRemote && reader.has(u"command"_s))
        reader.problem(u"command"_s, u"and url are both set; keep one."_s);
    if (!isRemote)
        readCommand(reader, definition);
    definition.auth = serverAuthEntry(place, entry["auth"_L1], definition.auth, problems);
    readEnvironment(reader, definition);
    reader.read(u"cwd"_s, definition.workingDirectory);
    reader.checkPlaceholders(u"cwd"_s, definition.workingDirectory);
    if (!definition.workingDirectory.isEmpty())
        definition.workingDirectory = QDir(QFileInfo(configFile).absolutePath())
                                          .absoluteFilePath(definition.workingDirectory);
    readPolicy(reader, definition, entry);
    readLimits(reader, definition, place, problems);
    return definition;
}

} // namespace bridge::upstream
