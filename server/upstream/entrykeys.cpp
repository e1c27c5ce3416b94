// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/entrykeys.h"

#include "common/config/suggest.h"

#include <QtCore/QMap>
#include <QtCore/QStringList>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

const QStringList &ownKeys()
{
    static const QStringList keys{u"command"_s,
                                  u"args"_s,
                                  u"env"_s,
                                  u"envPassthrough"_s,
                                  u"cwd"_s,
                                  u"type"_s,
                                  u"url"_s,
                                  u"auth"_s,
                                  u"serverUrl"_s,
                                  u"headers"_s,
                                  u"disabled"_s,
                                  u"forwardHeaders"_s,
                                  u"disabledTools"_s,
                                  u"include"_s,
                                  u"exclude"_s,
                                  u"effectTools"_s,
                                  u"headerMap"_s,
                                  u"headerMapStrict"_s,
                                  u"validateInput"_s,
                                  u"outputSchemas"_s,
                                  u"warmPoolSize"_s,
                                  u"reuse"_s,
                                  u"timeout"_s,
                                  u"startTimeout"_s,
                                  u"requestTimeout"_s,
                                  u"limits"_s};
    return keys;
}

const QStringList &limitKeys()
{
    static const QStringList keys{u"memoryMb"_s, u"cpuSeconds"_s, u"openFiles"_s,
                                  u"lifetimeSeconds"_s};
    return keys;
}

/// Keys of desktop programs: descriptions, and what a user there confirms by hand.
bool isHarmless(const QString &key)
{
    static const QStringList keys{u"name"_s,    u"title"_s,  u"displayName"_s, u"description"_s,
                                  u"icon"_s,    u"tags"_s,   u"category"_s,    u"version"_s,
                                  u"comment"_s, u"note"_s,   u"autoApprove"_s, u"alwaysAllow"_s,
                                  u"trust"_s,   u"gallery"_s};
    return keys.contains(key) || key.startsWith(u'_') || key.startsWith("//"_L1)
           || key.contains(u'$');
}

/// Words for our keys that no edit distance finds.
QString otherWord(const QString &key)
{
    static const QMap<QString, QString> words{
        {u"enabled"_s, u"disabled"_s},     {u"environment"_s, u"env"_s},
        {u"arguments"_s, u"args"_s},       {u"workingdirectory"_s, u"cwd"_s},
        {u"directory"_s, u"cwd"_s},        {u"cmd"_s, u"command"_s},
        {u"transport"_s, u"type"_s},       {u"transporttype"_s, u"type"_s},
        {u"enabledtools"_s, u"include"_s}, {u"tools"_s, u"include"_s},
        {u"httpurl"_s, u"url"_s},          {u"endpoint"_s, u"url"_s}};
    return words.value(key.toLower());
}

void check(const QString &place, const QJsonObject &object, const QStringList &known,
           QList<FieldProblem> &problems)
{
    for (const QString &key : object.keys()) {
        if (known.contains(key))
            continue;
        QString meant = config::nearest(key, known);
        if (const QString word = otherWord(key); known.contains(word))
            meant = word;
        problems.append(
            {place + u'.' + key, meant.isEmpty()
                                     ? u"is no key here. There are %1."_s.arg(known.join(", "_L1))
                                     : u"is no key here. Did you mean %1?"_s.arg(meant)});
    }
}

} // namespace

void checkEntryKeys(const QString &place, const QJsonObject &entry, QList<FieldProblem> &problems)
{
    QJsonObject ours = entry;
    for (const QString &key : entry.keys()) {
        if (isHarmless(key))
            ours.remove(key);
    }
    check(place, ours, ownKeys(), problems);
    check(place + u".limits"_s, entry["limits"_L1].toObject(), limitKeys(), problems);
}

} // namespace bridge::upstream
