// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/reference.h"

#include <QtTest/QtTest>

using namespace bridge::config;
using namespace Qt::StringLiterals;

class TestReference : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theSettingsPageIsUpToDate()
    {
        QFile file(QStringLiteral(BRIDGE_SOURCE_DIR) + u"/resources/docs/settings.md"_s);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY2(QString::fromUtf8(file.readAll()) == settingsMarkdown(),
                 "resources/docs/settings.md is out of date; run\n"
                 "  mcp-bridge settings --markdown > resources/docs/settings.md");
    }

    void helpFitsTheTerminal_data()
    {
        QTest::addColumn<int>("width");
        QTest::newRow("80") << 80;
        QTest::newRow("120") << 120;
    }

    void helpFitsTheTerminal()
    {
        QFETCH(int, width);
        for (const QString &line : helpText(width).split(u'\n'))
            QVERIFY2(line.size() <= width, qPrintable(line));
    }

    void helpAndPageNameEverySetting()
    {
        const QString help = helpText();
        const QString page = settingsMarkdown();
        for (const Option &option : optionTable().options()) {
            QVERIFY2(help.contains(option.name), qPrintable(option.name));
            QVERIFY2(page.contains(u"| `"_s + option.name + u'`'), qPrintable(option.name));
            QVERIFY2(page.contains(option.flag), qPrintable(option.name));
        }
        for (const Family &family : optionTable().families())
            QVERIFY(page.contains(family.prefix) && help.contains(family.prefix));
    }

    void tableCellsStayInTheirColumns()
    {
        for (const QString &line : settingsMarkdown().split(u'\n')) {
            if (!line.startsWith("| `"_L1))
                continue;
            static const QRegularExpression bar(u"(?<!\\\\)\\|"_s);
            const bool isFamily = line.contains("\\*` |"_L1) || line.contains("*` |"_L1);
            QVERIFY2(line.count(bar) == (isFamily ? 3 : 5), qPrintable(line));
        }
    }

    void saysNothingOfSettingsThatTakeEffectAtOnce()
    {
        static const QRegularExpression word(u"\\b[Ll]ive\\b"_s);
        QVERIFY(!settingsMarkdown().contains(word));
        QVERIFY(!helpText().contains(word));
    }

    void describesEverySettingWithItsSource()
    {
        Settings settings;
        settings.set(u"PORT"_s, 9000, Source::Environment);
        const QJsonArray options = describe(settings)[u"options"_s].toArray();
        const auto port = std::find_if(options.begin(), options.end(), [](const QJsonValue &entry) {
            return entry[u"name"_s].toString() == "PORT"_L1;
        });
        QVERIFY(port != options.end());
        const QJsonObject entry = (*port).toObject();
        QCOMPARE(entry[u"value"_s].toInt(), 9000);
        QCOMPARE(entry[u"source"_s].toString(), u"environment"_s);
        QCOMPARE(entry[u"type"_s].toString(), u"integer"_s);
        QCOMPARE(entry[u"maximum"_s].toInt(), 65535);
    }
};

QTEST_GUILESS_MAIN(TestReference)
#include "tst_reference.moc"
