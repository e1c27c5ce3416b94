// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optiontable.h"
#include "server/upstream/environment.h"
#include "server/upstream/placeholders.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;

namespace {

QProcessEnvironment bridgeEnvironment()
{
    QProcessEnvironment own;
    own.insert(u"HOME"_s, u"/home/x"_s);
    own.insert(u"PATH"_s, u"/usr/bin:/bin"_s);
    own.insert(u"LC_ALL"_s, u"C.UTF-8"_s);
    own.insert(u"AWS_REGION"_s, u"eu"_s);
    own.insert(u"AWS_SECRET"_s, u"hidden-value"_s);
    own.insert(u"MCP_ENV_X"_s, u"1"_s);
    const auto &options = config::optionTable().options();
    for (const config::Option &option : options) {
        if (option.secret)
            own.insert(option.name, u"own-secret"_s);
    }
    return own;
}

ServerDefinition definitionOf(QStringList command)
{
    ServerDefinition definition;
    definition.name = u"files"_s;
    definition.command = std::move(command);
    return definition;
}

} // namespace

class EnvironmentTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aChildSeesTheLeast()
    {
        const auto environment = childEnvironment(definitionOf({}), {}, bridgeEnvironment());
        QStringList keys = environment->keys();
        keys.sort();
        QCOMPARE(keys, (QStringList{u"HOME"_s, u"LC_ALL"_s, u"PATH"_s}));
    }

    void globsLetMoreThrough()
    {
        ServerDefinition definition = definitionOf({});
        definition.environmentPassthrough = {u"AWS_*"_s};
        const auto environment = childEnvironment(definition, {}, bridgeEnvironment());
        QCOMPARE(environment->value(u"AWS_SECRET"_s), u"hidden-value"_s);
        QVERIFY(!environment->contains(u"MCP_ENV_X"_s));
    }

    void theBridgesOwnSecretsNeedTheirNameSpelledOut()
    {
        QString secret;
        const auto &options = config::optionTable().options();
        for (const config::Option &option : options) {
            if (option.secret)
                secret = option.name;
        }
        if (secret.isEmpty())
            QSKIP("no option is secret yet");
        ServerDefinition definition = definitionOf({});
        definition.environmentPassthrough = {u"*"_s};
        QVERIFY(!childEnvironment(definition, {}, bridgeEnvironment())->contains(secret));
        QVERIFY(childEnvironment(definition, {}, bridgeEnvironment())->contains(u"AWS_SECRET"_s));
        definition.environmentPassthrough = {secret};
        QVERIFY(childEnvironment(definition, {}, bridgeEnvironment())->contains(secret));
    }

    void strongerSourcesWin()
    {
        ServerDefinition definition = definitionOf({});
        definition.environment = {{u"HOME"_s, u"/data/{user_id}"_s}, {u"TOKEN"_s, u"shared"_s}};
        const Identity alice{u"alice"_s, {{u"user_id"_s, u"alice"_s}}, {{u"TOKEN"_s, u"mine"_s}}};
        const auto environment = childEnvironment(definition, alice, bridgeEnvironment());
        QCOMPARE(environment->value(u"HOME"_s), u"/data/alice"_s);
        QCOMPARE(environment->value(u"TOKEN"_s), u"mine"_s);
    }

    void aMissingValueIsRefused()
    {
        const ServerDefinition definition = definitionOf({u"sh"_s, u"{data_path}"_s});
        QVERIFY(definition.needsIdentity());
        const auto spec = childSpec(definition, {}, bridgeEnvironment());
        QCOMPARE(spec.error().code, ErrorCode::Unauthorized);
        QVERIFY(!definitionOf({u"sh"_s, u"{\"user\": 1}"_s}).needsIdentity());
    }

    void fillsAfterSplitting()
    {
        const QMap<QString, QString> values{{u"user_id"_s, u"a b; rm {group_id}"_s},
                                            {u"group_id"_s, u"ops"_s}};
        const auto words =
            fillCommand({u"run"_s, u"--user={user_id}"_s, u"{x}{group_id}"_s}, values);
        QCOMPARE(*words, (QStringList{u"run"_s, u"--user=a b; rm {group_id}"_s, u"{x}ops"_s}));
    }

    void refusesValuesThatLeadAway_data()
    {
        QTest::addColumn<QString>("value");
        QTest::newRow("parent") << u"../bob"_s;
        QTest::newRow("inner parent") << u"u/../bob"_s;
        QTest::newRow("root") << u"/etc"_s;
        QTest::newRow("backslash") << u"..\\bob"_s;
        QTest::newRow("line end") << u"a\nb"_s;
        QTest::newRow("nul") << QString(QChar(0));
        QTest::newRow("option") << u"--config=x"_s;
    }
    void refusesValuesThatLeadAway()
    {
        QFETCH(QString, value);
        const auto words = fillCommand({u"{user_id}"_s}, {{u"user_id"_s, value}});
        QVERIFY(!words.ok());
        QCOMPARE(words.error().code, ErrorCode::Forbidden);
        QVERIFY(!words.error().message.contains(value));
    }

    void findsTheProgramInTheChildsPath()
    {
        const auto spec =
            childSpec(definitionOf({u"sh"_s, u"-c"_s, u"true"_s}), {}, bridgeEnvironment());
        QVERIFY(spec->program.endsWith(u"/sh"_s));
        ServerDefinition elsewhere = definitionOf({u"sh"_s});
        elsewhere.environment = {{u"PATH"_s, u"/nonexistent"_s}};
        QCOMPARE(childSpec(elsewhere, {}, bridgeEnvironment())->program, u"sh"_s);
    }

    void labelsHideFoldersAndSecrets()
    {
        QCOMPARE(commandLabel({u"/usr/bin/python3"_s, u"/srv/x/server.py"_s, u"--port"_s, u"1"_s}),
                 u"python3 …/server.py --port 1"_s);
        const QString secret =
            commandLabel({u"run"_s, u"--api-key"_s, u"abc123xyz"_s, u"--token=tok456tok"_s});
        QVERIFY(!secret.contains(u"abc123xyz"_s));
        QVERIFY(!secret.contains(u"tok456tok"_s));
        QVERIFY(commandLabel({u"run"_s, QString(500, u'x')}).size() <= 80);
    }

    void masksTheCallersTokenInStderr()
    {
        const Identity alice{u"alice"_s, {}, {{u"TOKEN"_s, u"exchanged-token"_s}}};
        const auto spec = childSpec(definitionOf({u"sh"_s}), alice, bridgeEnvironment());
        QVERIFY(spec->secrets.contains(u"exchanged-token"_s));
    }
};

QTEST_GUILESS_MAIN(EnvironmentTest)
#include "tst_environment.moc"
