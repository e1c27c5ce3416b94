// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/schemarebase.h"

#include <QtTest/QtTest>

using namespace Qt::StringLiterals;
using namespace bridge;

namespace {

/// JSON with single quotes; moc of Qt 6.4 loses its way after raw string literals.
QByteArray q(const char *text)
{
    return QByteArray(text).replace('\'', '"');
}

QJsonObject object(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

const QString kPlace = u"#/components/schemas/t_input"_s;

} // namespace

class tst_SchemaRebase : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void localReferencesPointIntoTheirNewPlace()
    {
        const QJsonObject schema =
            routes::rebasedSchema(
                object(
                    q("{'$schema':'x','properties':{'a':{'$ref':'#/$defs/"
                      "A'},'self':{'$ref':'#'}},'$defs':{'A':{'items':[{'$ref':'#/$defs/A'}]}}}")),
                kPlace)
                .toObject();
        QCOMPARE(schema["properties"_L1]["a"_L1]["$ref"_L1].toString(), kPlace + u"/$defs/A"_s);
        QCOMPARE(schema["properties"_L1]["self"_L1]["$ref"_L1].toString(), kPlace);
        QCOMPARE(schema["$defs"_L1]["A"_L1]["prefixItems"_L1][0]["$ref"_L1].toString(),
                 kPlace + u"/$defs/A"_s);
        QVERIFY(!schema.contains("$schema"_L1));
    }

    void foreignReferencesAreNotFollowedByThePage()
    {
        const QJsonObject schema =
            routes::rebasedSchema(object(q("{'$ref':'https://evil.example/x.json'}")), kPlace)
                .toObject();
        QVERIFY(schema.isEmpty());
    }

    void dataThatLooksLikeAReferenceIsLeftAlone()
    {
        const QJsonObject schema =
            routes::rebasedSchema(
                object(q("{'const':{'$ref':'#/x'},'properties':{'$ref':{'type':'string'}}}")),
                kPlace)
                .toObject();
        QCOMPARE(schema["const"_L1]["$ref"_L1].toString(), u"#/x"_s);
        QCOMPARE(schema["properties"_L1]["$ref"_L1]["type"_L1].toString(), u"string"_s);
    }

    void aReferenceMayPassThroughATupleOfDraft07()
    {
        const QJsonObject schema =
            routes::rebasedSchema(
                object(q("{'properties':{'t':{'items':[{'type':'string'}],'additionalItems':"
                         "{'$ref':'#/properties/t/items/0'}}}}")),
                kPlace)
                .toObject();
        const QJsonValue tuple = schema["properties"_L1]["t"_L1];
        QCOMPARE(tuple["items"_L1]["$ref"_L1].toString(),
                 kPlace + u"/properties/t/prefixItems/0"_s);
        QVERIFY(tuple["additionalItems"_L1].isUndefined());
    }

    void anchorsAndEmbeddedIdsBecomePointers_data()
    {
        QTest::addColumn<QByteArray>("schema");
        QTest::addColumn<QString>("target");

        QTest::newRow("anchor") << q("{'$ref':'#a','$defs':{'A':{'$anchor':'a'}}}")
                                << u"/$defs/A"_s;
        QTest::newRow("draft-07 anchor")
            << q("{'$ref':'#a','definitions':{'A':{'$id':'#a'}}}") << u"/definitions/A"_s;
        QTest::newRow("id") << q("{'$id':'https://a.example/root.json','$ref':'item.json',"
                                 "'$defs':{'A':{'$id':'item.json'}}}")
                            << u"/$defs/A"_s;
        QTest::newRow("pointer below an id")
            << q("{'$ref':'item.json#/$defs/B','$defs':{'A':{'$id':'item.json',"
                 "'$defs':{'B':{}}}}}")
            << u"/$defs/A/$defs/B"_s;
        QTest::newRow("own id") << q("{'$id':'https://a.example/root.json',"
                                     "'$ref':'https://a.example/root.json#/$defs/A',"
                                     "'$defs':{'A':{}}}")
                                << u"/$defs/A"_s;
        QTest::newRow("odd characters")
            << q("{'$ref':'#/$defs/a%20b~1c','$defs':{'a b/c':{}}}") << u"/$defs/a%20b~1c"_s;
    }

    void anchorsAndEmbeddedIdsBecomePointers()
    {
        QFETCH(const QByteArray, schema);
        QFETCH(const QString, target);
        const QJsonObject made = routes::rebasedSchema(object(schema), kPlace).toObject();
        QCOMPARE(made["$ref"_L1].toString(), kPlace + target);
        QVERIFY(!made.contains("$id"_L1));
    }

    void referencesToNothingAreDropped_data()
    {
        QTest::addColumn<QByteArray>("schema");

        QTest::newRow("no such place") << q("{'$ref':'#/$defs/missing'}");
        QTest::newRow("no such anchor") << q("{'$ref':'#missing'}");
        QTest::newRow("not a schema") << q("{'$ref':'#/title','title':'x'}");
        QTest::newRow("not an address") << q("{'$ref':'http://[oops'}");
        QTest::newRow("not a text") << q("{'$ref':1}");
    }

    void referencesToNothingAreDropped()
    {
        QFETCH(const QByteArray, schema);
        const QJsonObject made = routes::rebasedSchema(object(schema), kPlace).toObject();
        QVERIFY(!made.contains("$ref"_L1));
    }

    void propertiesNamedLikeKeywordsStay()
    {
        const QJsonObject schema =
            routes::rebasedSchema(
                object(q("{'properties':{'$id':{},'$schema':{},'default':{'$ref':'#'}}}")), kPlace)
                .toObject();
        const QJsonObject properties = schema["properties"_L1].toObject();
        QCOMPARE(properties.keys(), (QStringList{u"$id"_s, u"$schema"_s, u"default"_s}));
        QCOMPARE(properties["default"_L1]["$ref"_L1].toString(), kPlace);
    }

    void endlesslyDeepSchemasAreCut()
    {
        QJsonObject deep;
        for (int i = 0; i < 500; ++i)
            deep = QJsonObject{{"not"_L1, deep}};
        QVERIFY(routes::rebasedSchema(deep, kPlace).isObject());
    }
};

QTEST_GUILESS_MAIN(tst_SchemaRebase)
#include "tst_schemarebase.moc"
