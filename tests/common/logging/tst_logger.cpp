// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "common/logging/redaction.h"

#include <QtCore/QTemporaryDir>
#include <QtCore/QThread>
#include <QtTest/QtTest>

#include <thread>

using namespace bridge;
using namespace bridge::logging;
using namespace Qt::StringLiterals;

class TestLogger : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    QString m_file;
    int m_count = 0;

    void start(Format format, const QString &level = u"info"_s, const QStringList &rules = {})
    {
        m_file = m_dir.filePath(u"log%1"_s.arg(++m_count));
        const auto installed = install({level, rules, format, m_file});
        QVERIFY2(installed.ok(), installed ? "" : qPrintable(installed.error().message));
    }

    QList<QByteArray> finish()
    {
        uninstall();
        QFile file(m_file);
        if (!file.open(QIODevice::ReadOnly))
            return {};
        QList<QByteArray> lines = file.readAll().split('\n');
        lines.removeLast(); // every line ends with a newline
        return lines;
    }

private Q_SLOTS:
    void cleanup() { uninstall(); }

    void writesTextLinesInUtcWithFields()
    {
        start(Format::Text);
        logging::event(
            lcHttp(), Level::Warning, u"slow",
            {{u"tool"_s, u"add"_s}, {u"duration_ms"_s, 12}, {u"note"_s, u"two words"_s}});
        const auto lines = finish();
        QCOMPARE(lines.size(), 1);
        static const QRegularExpression shape(
            u"^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z WARN  bridge\\.http: slow "
            "tool=add duration_ms=12 note=\"two words\"$"_s);
        QVERIFY2(shape.match(QString::fromUtf8(lines.first())).hasMatch(), lines.first().data());
        const QDateTime time =
            QDateTime::fromString(QString::fromUtf8(lines.first().left(24)), Qt::ISODateWithMs);
        QVERIFY(qAbs(time.secsTo(QDateTime::currentDateTimeUtc())) < 60);
    }

    void writesJsonLinesThatParse()
    {
        start(Format::Json);
        logging::event(lcAccess(), Level::Info, u"done \"x\" \\ \t\u2028",
                       {{u"status"_s, 200},
                        {u"ok"_s, true},
                        {u"none"_s, QJsonValue()},
                        {u"ratio"_s, 0.5},
                        {u"big"_s, qint64(9007199254740993)},
                        {u"arg_keys"_s, QJsonArray{u"a"_s, u"b"_s}},
                        {u"more"_s, QJsonObject{{u"x"_s, 1}}}});
        const auto lines = finish();
        QCOMPARE(lines.size(), 1);
        QJsonParseError problem;
        const QJsonObject entry = QJsonDocument::fromJson(lines.first(), &problem).object();
        QCOMPARE(problem.error, QJsonParseError::NoError);
        QCOMPARE(entry[u"level"_s].toString(), u"info"_s);
        QCOMPARE(entry[u"logger"_s].toString(), u"bridge.http.access"_s);
        QCOMPARE(entry[u"message"_s].toString(), u"done \"x\" \\ \t\u2028"_s);
        QCOMPARE(entry[u"status"_s].toInt(), 200);
        QCOMPARE(entry[u"ok"_s], QJsonValue(true));
        QVERIFY(entry[u"none"_s].isNull());
        QCOMPARE(entry[u"ratio"_s].toDouble(), 0.5);
        QCOMPARE(entry[u"big"_s].toInteger(), qint64(9007199254740993));
        QCOMPARE(entry[u"arg_keys"_s], QJsonValue(QJsonArray{u"a"_s, u"b"_s}));
        QCOMPARE(entry[u"more"_s], QJsonValue(QJsonObject{{u"x"_s, 1}}));
        QVERIFY(entry[u"timestamp"_s].toString().endsWith(u'Z'));
        QVERIFY(lines.first().startsWith("{\"timestamp\":"));
    }

    void takesOverQtMessages()
    {
        start(Format::Text);
        qCInfo(lcUpstream) << "child" << 7 << "started";
        qCCritical(lcRoutes, "broken");
        const auto lines = finish();
        QCOMPARE(lines.size(), 2);
        QVERIFY(lines.at(0).endsWith("INFO  bridge.upstream: child 7 started"));
        QVERIFY(lines.at(1).endsWith("ERROR bridge.routes: broken"));
    }

    void keepsAnEntryOnOneLine_data()
    {
        QTest::addColumn<bool>("json");
        QTest::newRow("text") << false;
        QTest::newRow("json") << true;
    }

    void keepsAnEntryOnOneLine()
    {
        QFETCH(bool, json);
        start(json ? Format::Json : Format::Text);
        const QString forged = u"x\r\n2026-01-01T00:00:00.000Z INFO  bridge.audit: forged\x1b[2J"
                               "\u0085\u2028\u202e"_s;
        logging::event(lcHttp(), Level::Info, forged, {{u"tool"_s, forged}, {forged, 1}});
        const auto lines = finish();
        QCOMPARE(lines.size(), 1);
        QVERIFY(!lines.first().contains('\r'));
        QVERIFY(!lines.first().contains('\x1b'));
        const QString line = QString::fromUtf8(lines.first());
        for (const char16_t c : {u'\u0085', u'\u2028', u'\u202e'})
            QVERIFY(!line.contains(QChar(c)));
    }

    void masksSecretsInMessagesAndFields_data() { keepsAnEntryOnOneLine_data(); }

    void masksSecretsInMessagesAndFields()
    {
        QFETCH(bool, json);
        registerSecret(u"line\nsecret"_s);
        start(json ? Format::Json : Format::Text);
        qCInfo(lcMcp).noquote() << "Bearer hidden-one and line\nsecret";
        logging::event(lcMcp(), Level::Info, u"password=hidden-two",
                       {{u"url"_s, u"http://h/?token=hidden-three"_s},
                        {u"client_secret"_s, u"hidden-four"_s},
                        {u"list"_s, QJsonArray{u"Bearer hidden-five"_s}},
                        {u"object"_s, QJsonObject{{u"api_key"_s, u"hidden-six"_s}}},
                        {u"input_tokens"_s, 12},
                        {u"arg_keys"_s, u"a,b"_s}});
        const auto lines = finish();
        QCOMPARE(lines.size(), 2);
        QVERIFY2(!lines.at(0).contains("hidden") && !lines.at(0).contains("secret"),
                 lines.at(0).data());
        QVERIFY2(!lines.at(1).contains("hidden"), lines.at(1).data());
        QCOMPARE(lines.at(1).count("[REDACTED]"), 5);
        QVERIFY(lines.at(1).contains("12"));
        QVERIFY(lines.at(1).contains("a,b"));
        forgetSecret(u"line\nsecret"_s);
    }

    void cutsEntriesThatWouldFillTheDisk()
    {
        start(Format::Text);
        logging::event(lcUpstream(), Level::Info, QString(1'000'000, u'x'));
        const auto lines = finish();
        QCOMPARE(lines.size(), 1);
        QVERIFY(lines.first().size() < 20'000);
        QVERIFY(lines.first().endsWith("(cut)"));
    }

    void showsOnlyTheLevelAsked()
    {
        start(Format::Text, u"warning"_s);
        qCInfo(lcHttp, "no");
        logging::event(lcHttp(), Level::Info, u"no");
        qCWarning(lcHttp, "yes");
        QCOMPARE(finish().size(), 1);
        start(Format::Text, u"debug"_s);
        qCDebug(lcHttp, "yes");
        QCOMPARE(finish().size(), 1);
    }

    void letsACategoryHaveItsOwnLevel()
    {
        start(Format::Text, u"warning"_s, {u"bridge.mcp=debug"_s, u"bridge.http*=off"_s});
        qCDebug(lcMcp, "yes");
        qCWarning(lcHttp, "no");
        qCCritical(lcAccess, "no");
        qCWarning(lcSessions, "yes");
        QCOMPARE(finish().size(), 2);
    }

    void keepsWireTrafficOffUnlessNamed()
    {
        start(Format::Text, u"debug"_s, {u"bridge.*=debug"_s});
        qCCritical(lcWire, "no");
        QCOMPARE(finish().size(), 0);
        start(Format::Text, u"info"_s, {u"bridge.mcp.wire=debug"_s});
        qCDebug(lcWire, "yes");
        QCOMPARE(finish().size(), 1);
    }

    void refusesUnknownLevelsAndKeepsTheOldLog()
    {
        start(Format::Text);
        const auto refused = install({u"loud"_s,
                                      {u"bridge.mcp"_s, u"a b=info"_s},
                                      Format::Text,
                                      m_dir.filePath(u"other"_s)});
        QVERIFY(!refused.ok());
        QCOMPARE(refused.error().problems.size(), 3);
        qCInfo(lcHttp, "still here");
        QCOMPARE(finish().size(), 1);
    }

    void writesToStreamsAndDevicesWithoutAWarning()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        for (const QString &output : {u"stderr"_s, u"stdout"_s, u"/dev/null"_s}) {
            if (output.startsWith(u'/') && !QFile::exists(output))
                continue;
            QVERIFY(install({u"info"_s, {}, Format::Text, output}).ok());
            uninstall();
        }
    }

    void saysWhenTheFileCannotBeOpened()
    {
        const auto refused = install({u"info"_s, {}, Format::Text, m_dir.filePath(u"no/such/x"_s)});
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().message.contains("LOG_OUTPUT"_L1));
        QVERIFY(!refused.error().message.contains(m_dir.path()));
    }

    void appendsToAFileOnlyItsOwnerCanRead()
    {
        start(Format::Text);
        qCInfo(lcHttp, "one");
        QVERIFY(install({u"info"_s, {}, Format::Text, m_file}).ok());
        qCInfo(lcHttp, "two");
        const auto mode = QFile::permissions(m_file);
        QCOMPARE(mode & (QFile::ReadOther | QFile::ReadGroup | QFile::WriteOther), 0);
        QCOMPARE(finish().size(), 2);
    }

    void keepsLinesOfManyThreadsWhole()
    {
        start(Format::Json);
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([t] {
                for (int i = 0; i < 500; ++i)
                    logging::event(lcHttp(), Level::Info, u"message",
                                   {{u"thread"_s, t}, {u"n"_s, i}});
            });
        }
        for (std::thread &thread : threads)
            thread.join();
        const auto lines = finish();
        QCOMPARE(lines.size(), 2000);
        for (const QByteArray &line : lines)
            QVERIFY2(QJsonDocument::fromJson(line).isObject(), line.data());
    }
};

QTEST_GUILESS_MAIN(TestLogger)
#include "tst_logger.moc"
