// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optiontable.h"
#include "common/config/value.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::config;
using namespace Qt::StringLiterals;

namespace {

Option option(OptionType type, std::optional<double> minimum = {},
              std::optional<double> maximum = {}, const QStringList &values = {})
{
    Option result;
    result.name = u"X"_s;
    result.type = type;
    result.minimum = minimum;
    result.maximum = maximum;
    result.values = values;
    return result;
}

} // namespace

class TestOptionTable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyDefaultIsAllowed()
    {
        for (const Option &row : optionTable().options()) {
            if (row.defaultValue.isEmpty())
                continue;
            const auto value = parseValue(row, row.defaultValue);
            QVERIFY2(value.ok(), qPrintable(row.name));
        }
    }

    void everyRowIsCompleteAndUnique()
    {
        QSet<QString> names;
        for (const Option &row : optionTable().options()) {
            for (const QString &name : QStringList{row.name, row.flag} + row.aliases) {
                QVERIFY2(name.isEmpty() || !names.contains(name), qPrintable(name));
                names.insert(name);
            }
            QVERIFY2(!row.help.isEmpty() && row.help.endsWith(u'.'), qPrintable(row.name));
            QVERIFY2(!row.group.isEmpty(), qPrintable(row.name));
            QVERIFY2(row.flag.isEmpty() || row.flag.startsWith("--"_L1), qPrintable(row.name));
            QVERIFY2(!row.flag.startsWith("--no-"_L1), qPrintable(row.name));
            QVERIFY2(row.type != OptionType::Enum || !row.values.isEmpty(), qPrintable(row.name));
            const bool needsDefault =
                row.type == OptionType::Integer || row.type == OptionType::Number
                || row.type == OptionType::Boolean || row.type == OptionType::Enum
                || row.type == OptionType::Bytes || row.type == OptionType::Seconds;
            QVERIFY2(!needsDefault || !row.defaultValue.isEmpty(), qPrintable(row.name));
            QVERIFY2(optionTable().find(row.name) == &row, qPrintable(row.name));
        }
    }

    void parsesValues_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QJsonValue>("value");
        const auto row = [](const char *name, OptionType type, const QString &text,
                            const QJsonValue &value) {
            QTest::newRow(name) << int(type) << text << value;
        };
        const QJsonValue bad(QJsonValue::Undefined);
        for (const char *yes : {"true", "TRUE", "1", "yes", "On"})
            row(yes, OptionType::Boolean, QString::fromLatin1(yes), true);
        for (const char *no : {"false", "False", "0", "no", "OFF"})
            row(no, OptionType::Boolean, QString::fromLatin1(no), false);
        row("not boolean", OptionType::Boolean, u"maybe"_s, bad);
        row("integer", OptionType::Integer, u" 42 "_s, 42);
        row("negative", OptionType::Integer, u"-3"_s, -3);
        row("fraction", OptionType::Integer, u"1.5"_s, bad);
        row("words", OptionType::Integer, u"ten"_s, bad);
        row("empty number", OptionType::Integer, QString(), bad);
        row("not finite", OptionType::Number, u"inf"_s, bad);
        row("no number", OptionType::Number, u"nan"_s, bad);
        row("huge", OptionType::Integer, u"1e300"_s, bad);
        row("number", OptionType::Number, u"0.25"_s, 0.25);
        row("seconds", OptionType::Seconds, u"1.5"_s, 1.5);
        row("milliseconds", OptionType::Seconds, u"250ms"_s, 0.25);
        row("seconds with s", OptionType::Seconds, u"2s"_s, 2);
        row("minutes", OptionType::Seconds, u"5 m"_s, 300);
        row("hours", OptionType::Seconds, u"2h"_s, 7200);
        row("days are no unit", OptionType::Seconds, u"2d"_s, bad);
        row("bytes", OptionType::Bytes, u"1024"_s, 1024);
        row("kibibytes", OptionType::Bytes, u"1KiB"_s, 1024);
        row("mebibytes", OptionType::Bytes, u"1.5 MiB"_s, 1572864);
        row("gibibytes", OptionType::Bytes, u"1gib"_s, 1073741824);
        row("half a byte", OptionType::Bytes, u"0.5"_s, bad);
        row("list", OptionType::List, u" a ,,b "_s, QJsonArray{u"a"_s, u"b"_s});
        row("object", OptionType::Json, u"{\"a\":1}"_s, QJsonObject{{u"a"_s, 1}});
        row("broken JSON", OptionType::Json, u"{a}"_s, bad);
        row("url", OptionType::Url, u"https://h:1/x"_s, u"https://h:1/x"_s);
        row("no url", OptionType::Url, u"ftp://h"_s, bad);
        row("text", OptionType::Text, u" a b "_s, u" a b "_s);
        row("NUL", OptionType::Text, QString(QChar(u'\0')), bad);
    }

    void parsesValues()
    {
        QFETCH(int, type);
        QFETCH(QString, text);
        QFETCH(QJsonValue, value);
        const auto parsed = parseValue(option(OptionType(type)), text);
        QCOMPARE(parsed.ok(), !value.isUndefined());
        if (parsed)
            QCOMPARE(*parsed, value);
    }

    void staysWithinTheRange()
    {
        const Option port = option(OptionType::Integer, 0, 65535);
        QVERIFY(parseValue(port, u"0"_s).ok());
        QVERIFY(parseValue(port, u"65535"_s).ok());
        const auto above = parseValue(port, u"65536"_s);
        QVERIFY(!above.ok());
        QCOMPARE(above.error().message,
                 u"\"65536\" is not allowed; use a whole number from 0 to 65535."_s);
        QVERIFY(!parseValue(port, u"-1"_s).ok());
        QVERIFY(!parseFileValue(port, 70000).ok());
        QVERIFY(!parseFileValue(port, 1.5).ok());
        QVERIFY(parseFileValue(port, 80).ok());
    }

    void knowsEnumValuesInAnyCaseAndBySynonym()
    {
        const Option &manager = *optionTable().find(u"MCP_SESSION_MANAGER"_s);
        QCOMPARE(manager.name, u"SESSION_MANAGER_TYPE"_s);
        QCOMPARE(parseValue(manager, u"MEMORY"_s)->toString(), u"memory"_s);
        QCOMPARE(parseValue(manager, u"InMemorySessionManager"_s)->toString(), u"memory"_s);
        QVERIFY(!parseValue(manager, u"redis"_s).ok());
        const auto typo = parseValue(*optionTable().find(u"LOG_LEVEL"_s), u"wanring"_s);
        QVERIFY(typo.error().message.contains("Did you mean warning?"_L1));
    }

    void wantsTheRightKindOfJson()
    {
        const Option objects = option(OptionType::Json, {}, {}, {u"object"_s});
        QVERIFY(parseValue(objects, u"{}"_s).ok());
        QVERIFY(!parseValue(objects, u"[]"_s).ok());
        QVERIFY(parseFileValue(objects, QJsonObject()).ok());
        QVERIFY(!parseFileValue(objects, QJsonArray()).ok());
        QVERIFY(!parseFileValue(objects, 1).ok());
    }

    void takesNaturalValuesFromTheFile()
    {
        QCOMPARE(*parseFileValue(option(OptionType::Boolean), true), QJsonValue(true));
        QVERIFY(!parseFileValue(option(OptionType::Boolean), 1).ok());
        QVERIFY(!parseFileValue(option(OptionType::Text), 5).ok());
        QVERIFY(parseFileValue(option(OptionType::List), QJsonArray{u"a"_s}).ok());
        QVERIFY(!parseFileValue(option(OptionType::List), QJsonArray{1}).ok());
        QCOMPARE(*parseFileValue(option(OptionType::Seconds), 0.5), QJsonValue(0.5));
        QVERIFY(!parseFileValue(option(OptionType::Text), QJsonValue()).ok());
    }

    void checksWhatTypesCannotSay_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("value");
        QTest::addColumn<bool>("allowed");
        const auto row = [](const char *name, const char *value, bool allowed) {
            QTest::addRow("%s=%s", name, value)
                << QString::fromLatin1(name) << QString::fromLatin1(value) << allowed;
        };
        row("SESSION_FIELD_NAME", "x-my-session", true);
        row("SESSION_FIELD_NAME", "x session", false);
        row("MCP_BASE_PATH", "/api/v1/", true);
        row("MCP_BASE_PATH", "api", true);
        row("MCP_BASE_PATH", "/", true);
        row("MCP_BASE_PATH", "/a/../b", false);
        row("MCP_BASE_PATH", "/a?b", false);
        row("MCP_SERVER_COMMAND", "python3 'my server.py'", true);
        row("MCP_SERVER_COMMAND", "python3 'my server.py", false);
        row("MCP_MAP_HEADER_TO_INPUT", "user=X-User, tenant = X-Tenant", true);
        row("MCP_MAP_HEADER_TO_INPUT", "user", false);
        row("MCP_MAP_HEADER_TO_INPUT", "user=X User", false);
        row("CORS_ORIGINS", "*", true);
        row("CORS_ORIGINS", "https://a.example, http://localhost:3000", true);
        row("CORS_ORIGINS", "a.example", false);
        row("CORS_ORIGINS", "https://a.example/", false);
        row("LOG_CATEGORIES", "bridge.mcp.wire=debug,qt.*=error", true);
        row("LOG_CATEGORIES", "bridge.mcp", false);
        row("LOG_CATEGORIES", "bridge.mcp=loud", false);
    }

    void checksWhatTypesCannotSay()
    {
        QFETCH(QString, name);
        QFETCH(QString, value);
        QTEST(parseValue(*optionTable().find(name), value).ok(), "allowed");
    }

    void neverRepeatsASecret()
    {
        Option secret = option(OptionType::Url);
        secret.secret = true;
        const auto refused = parseValue(secret, u"hunter2222"_s);
        QVERIFY(!refused.ok());
        QVERIFY(!refused.error().message.contains("hunter2222"_L1));
    }
};

QTEST_GUILESS_MAIN(TestOptionTable)
#include "tst_optiontable.moc"
