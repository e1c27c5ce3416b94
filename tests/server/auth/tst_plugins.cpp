// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/retrievers.h"
#include "server/auth/strategies.h"
#include "server/sessions/sessionstoreplugin.h"
#include "tests/server/auth/fakeissuer.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace bridge::test;

namespace {

const QStringList kInterfaces{QStringLiteral(BRIDGE_RETRIEVER_PLUGIN_IID),
                              QStringLiteral(BRIDGE_SESSION_STORE_PLUGIN_IID)};
const QJsonObject kSettings{
    {u"department-token"_s,
     QJsonObject{{u"header"_s, u"X-Department-Token"_s},
                 {u"tokens"_s, QJsonObject{{u"engineering"_s, u"eng-token"_s}}}}},
    {u"bounded-store"_s, QJsonObject{{u"sessionsPerOwner"_s, 1}}}};

QList<plugins::Plugin> loaded()
{
    const auto found = plugins::loadPlugins(QStringLiteral(BRIDGE_EXAMPLE_PLUGINS), kInterfaces);
    return found ? *found : QList<plugins::Plugin>();
}

} // namespace

class tst_Plugins : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    /// The example retriever's library, copied.
    QString copied(const QString &name)
    {
        const QString path = m_folder.filePath(name);
        QFile::remove(path);
        QFile::copy(QStringLiteral(BRIDGE_EXAMPLE_PLUGINS "/libdepartmenttoken.so"), path);
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return path;
    }

private Q_SLOTS:
    void init()
    {
        m_folder.remove();
        m_folder = QTemporaryDir();
    }

    void bothExamplesAreLoaded()
    {
        const auto found =
            plugins::loadPlugins(QStringLiteral(BRIDGE_EXAMPLE_PLUGINS), kInterfaces);
        QVERIFY2(found.ok(), found ? "" : qPrintable(found.error().message));
        QCOMPARE(found->size(), 2);
        QVERIFY(plugins::findPlugin<RetrieverPlugin>(*found, u"department-token"_s));
        QVERIFY(plugins::findPlugin<sessions::SessionStorePlugin>(*found, u"bounded-store"_s));
        QVERIFY(!plugins::findPlugin<RetrieverPlugin>(*found, u"bounded-store"_s));
    }

    void aRetrieverFindsTokensThatAreVerifiedLikeAnyOther()
    {
        const auto found = loaded();
        QVERIFY(configureRetrievers(found, kSettings).ok());
        FakeIssuer idp;
        const SigningKey key = SigningKey::forAlgorithm(u"EdDSA"_s);
        idp.keys = {key};
        AuthOptions options;
        options.verifier = idp.verifierOptions();
        options.strategies = {u"plugin:department-token"_s};
        const auto verifier =
            std::make_shared<TokenVerifier>(options.verifier, idp.fetch(), idp.clock());
        auto strategies =
            makeStrategies(options, verifier, pluginStrategies(found, verifier));
        QVERIFY(strategies.ok());
        Authenticator authenticator(std::move(*strategies));
        const QByteArray good = key.token(u"EdDSA"_s, idp.claims());
        QVERIFY(verdict(*verifier, good).ok());
        const QList<std::pair<QByteArray, QByteArray>> right{{"x-department-token", good}};
        const QList<std::pair<QByteArray, QByteArray>> wrong{
            {"X-Department-Token", QByteArray(good + "x")}};
        AuthRequest request;
        request.headers = &right;
        QCOMPARE(authenticator.findNow(request).principal->userId, u"alice"_s);
        QCOMPARE(authenticator.findNow(request).principal->strategy, u"bearer"_s);
        // The plugin may have found it in a cookie, which pages make browsers send.
        QList<std::pair<QByteArray, QByteArray>> browser{right.first(), {"Cookie", "a=b"}};
        request.headers = &browser;
        QCOMPARE(authenticator.findNow(request).principal->strategy, u"cookie"_s);
        browser.emplaceBack("Authorization", "Basic YTpi"); // no page can do that
        QCOMPARE(authenticator.findNow(request).principal->strategy, u"bearer"_s);
        request.headers = &wrong;
        QCOMPARE(authenticator.findNow(request).error->code, ErrorCode::InvalidToken);
    }

    void aRetrieverGivesTokensForServers()
    {
        const auto found = loaded();
        QVERIFY(configureRetrievers(found, kSettings).ok());
        const auto retriever = tokenRetriever(found);
        QVERIFY(retriever.ok());
        Principal engineer;
        engineer.groups = {u"engineering"_s};
        QByteArray token;
        const Call one =
            (*retriever)
                ->retrieveToken(std::make_shared<const Principal>(engineer), u"memory"_s,
                                [&](const Result<RetrievedToken> &got) { token = got->token; });
        QTRY_COMPARE(token, "eng-token");
        std::optional<Error> error;
        const Call two =
            (*retriever)
                ->retrieveToken(anonymous(), u"memory"_s,
                                [&](const Result<RetrievedToken> &got) { error = got.error(); });
        QTRY_VERIFY(error);
        QCOMPARE(error->code, ErrorCode::NotConnected);
        QVERIFY(!tokenRetriever({}).ok());
    }

    void wrongSettingsEndTheStart()
    {
        const auto configured = configureRetrievers(loaded(), {});
        QCOMPARE(configured.error().code, ErrorCode::InvalidConfig);
        QCOMPARE(configured.error().problems.first().path, u"PLUGIN_SETTINGS"_s);
    }

    void aStoreOfAPluginKeepsSessions()
    {
        const auto found = loaded();
        auto *const plugin =
            plugins::findPlugin<sessions::SessionStorePlugin>(found, u"bounded-store"_s);
        auto store = plugin->makeStore(kSettings[u"bounded-store"_s].toObject());
        QVERIFY(store.ok());
        QStringList outcomes;
        const auto note = [&](const Result<Nothing> &outcome) {
            outcomes.append(outcome ? u"ok"_s : codeName(outcome.error().code));
        };
        sessions::SessionRecord record;
        record.key = {u"alice"_s, u"default"_s, u"one"_s};
        const Call one = (*store)->insert(record, note);
        QTRY_COMPARE(outcomes, QStringList{u"ok"_s});
        record.key.id = u"two"_s;
        const Call two = (*store)->insert(record, note);
        QTRY_COMPARE(outcomes.last(), u"too_many_requests"_s);
        QVERIFY(!plugin->makeStore({{u"sessionsPerOwner"_s, 0}}).ok());
    }

    void aFolderOrFileThatOthersCanWriteToIsRefused()
    {
        const QString path = copied(u"libone.so"_s);
        QVERIFY(plugins::loadPlugins(m_folder.path(), kInterfaces).ok());
        QFile::setPermissions(path, QFile::permissions(path) | QFile::WriteOther);
        const auto file = plugins::loadPlugins(m_folder.path(), kInterfaces);
        QCOMPARE(file.error().problems.first().path, u"PLUGIN_DIR"_s);
        QFile::setPermissions(path, QFile::ReadOwner);
        QFile::setPermissions(m_folder.path(),
                              QFile::permissions(m_folder.path()) | QFile::WriteGroup);
        QVERIFY(!plugins::loadPlugins(m_folder.path(), kInterfaces).ok());
        QVERIFY(!plugins::loadPlugins(m_folder.filePath(u"nowhere"_s), kInterfaces).ok());
    }

    void otherVersionsAndDoublesAreRefusedAndStrangersLeftAlone()
    {
        copied(u"libone.so"_s);
        QFile stranger(m_folder.filePath(u"libstranger.so"_s));
        QVERIFY(stranger.open(QFile::WriteOnly) && stranger.write("no library") > 0);
        stranger.close();
        QCOMPARE(plugins::loadPlugins(m_folder.path(), kInterfaces)->size(), 1);
        const auto newer =
            plugins::loadPlugins(m_folder.path(), {u"org.mcp-bridge.RetrieverPlugin/999"_s});
        QVERIFY(newer.error().message.contains("another version"_L1));
        copied(u"libtwo.so"_s);
        QVERIFY(plugins::loadPlugins(m_folder.path(), kInterfaces)
                    .error()
                    .message.contains("two plugins"_L1));
    }
};

QTEST_GUILESS_MAIN(tst_Plugins)
#include "tst_plugins.moc"
