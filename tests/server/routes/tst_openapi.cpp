// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/openapi.h"

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

class tst_OpenApi : public QObject
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
        QCOMPARE(schema["$defs"_L1]["A"_L1]["items"_L1][0]["$ref"_L1].toString(),
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

    void endlesslyDeepSchemasAreCut()
    {
        QJsonObject deep;
        for (int i = 0; i < 500; ++i)
            deep = QJsonObject{{"not"_L1, deep}};
        QVERIFY(routes::rebasedSchema(deep, kPlace).isObject());
    }
};

QTEST_GUILESS_MAIN(tst_OpenApi)
#include "tst_openapi.moc"
