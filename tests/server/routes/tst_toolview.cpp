// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/toolview.h"

#include <QtTest/QtTest>

using namespace Qt::StringLiterals;
using namespace bridge;

namespace {

/// JSON with single quotes; moc of Qt 6.4 loses its way after raw string literals.
QByteArray q(const char *text)
{
    return QByteArray(text).replace('\'', '"');
}

std::shared_ptr<const upstream::Tool> tool(const QByteArray &raw,
                                           const upstream::ServerDefinition &definition = {})
{
    return upstream::ToolSet::build({raw}, definition)->tools().value(0);
}

QJsonObject view(const QByteArray &raw)
{
    return QJsonDocument::fromJson(routes::toolView(*tool(raw), u"/tools/t"_s)).object();
}

} // namespace

class tst_ToolView : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void absentMembersAreNull()
    {
        const QJsonObject object = view(q("{'name':'t','inputSchema':{'type':'object'}}"));
        for (const auto &key :
             {"title"_L1, "description"_L1, "outputSchema"_L1, "annotations"_L1, "meta"_L1}) {
            QVERIFY2(object.contains(key), key.data());
            QVERIFY(object.value(key).isNull());
        }
        QCOMPARE(object.value("url"_L1).toString(), u"/tools/t"_s);
    }

    void annotationsShowEveryHint()
    {
        const QJsonObject hints =
            view(q("{'name':'t','inputSchema':{},'annotations':{'readOnlyHint':true}}"))
                .value("annotations"_L1)
                .toObject();
        QCOMPARE(hints.value("readOnlyHint"_L1).toBool(), true);
        QVERIFY(hints.contains("destructiveHint"_L1));
        QVERIFY(hints.value("destructiveHint"_L1).isNull());
    }

    void schemasKeepTheServersOrderAndNumbers()
    {
        const QByteArray schema = q("{'type':'object','properties':{'z':{'type':'integer','maximum'"
                                    ":12345678901234567890},'a':{}}}");
        const QByteArray shown =
            routes::toolView(*tool(q("{'name':'t','inputSchema':") + schema + '}'), u"/x"_s);
        QVERIFY2(shown.contains(schema), shown.constData());
    }

    void membersTheBridgeDoesNotKnowPassThrough()
    {
        const QJsonObject object = view(q("{'name':'t','inputSchema':{},'icons':[{'src':'x'}],'"
                                          "execution':{'a':1},'_meta':{'k':2}}"));
        QCOMPARE(object.value("icons"_L1).toArray().size(), 1);
        QCOMPARE(object.value("execution"_L1)["a"_L1].toInt(), 1);
        QCOMPARE(object.value("_meta"_L1)["k"_L1].toInt(), 2);
        QCOMPARE(object.value("meta"_L1)["k"_L1].toInt(), 2);
    }

    void mappedPropertiesAreNotShown()
    {
        upstream::ServerDefinition definition;
        definition.headerMappings = {{u"user"_s, "X-User"}};
        const auto mapped = tool(q("{'name':'t','inputSchema':{'type':'object','properties':{'user'"
                                   ":{},'b':{}},'required':['user','b']}}"),
                                 definition);
        const QJsonObject schema = QJsonDocument::fromJson(routes::toolView(*mapped, u"/x"_s))
                                       .object()["inputSchema"_L1]
                                       .toObject();
        QCOMPARE(schema.value("properties"_L1).toObject().keys(), QStringList{u"b"_s});
        QCOMPARE(schema.value("required"_L1).toArray(), QJsonArray{u"b"_s});
    }

    void listEntriesGetTheirMissingMembers()
    {
        const QByteArray entry =
            routes::completed(q("{'uri':'a://b','extra':1.50}"), {u"name"_s, u"uri"_s});
        QCOMPARE(entry, QByteArray(q("{'uri':'a://b','extra':1.50,'name':null}")));
        QCOMPARE(routes::rawArray({entry, "1"}), '[' + entry + ",1]");
    }
};

QTEST_GUILESS_MAIN(tst_ToolView)
#include "tst_toolview.moc"
