// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/requeststate.h"

#include <QtCore/QJsonArray>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::gateway;
using namespace Qt::StringLiterals;

class RequestStateTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whatIsSealedComesBack();
    void sealsDifferEachTime();
    void everyChangedBitIsRefused();
    void anotherProcessCannotOpenIt();
    void itExpires();
    void garbageIsRefused();
    void digestsTellRequestsApart();

private:
    RequestSealer m_sealer;
    RequestState m_state{u"id"_s, 3, u"alice"_s, "digest"_ba, 1'000};
};

void RequestStateTest::whatIsSealedComesBack()
{
    const Result<RequestState> opened = m_sealer.open(m_sealer.seal(m_state), 999);
    QVERIFY(opened);
    QCOMPARE(opened->id, m_state.id);
    QCOMPARE(opened->round, m_state.round);
    QCOMPARE(opened->owner, m_state.owner);
    QCOMPARE(opened->request, m_state.request);
    QCOMPARE(opened->expires, m_state.expires);
}

void RequestStateTest::sealsDifferEachTime()
{
    const QString text = m_sealer.seal(m_state);
    QVERIFY(text != m_sealer.seal(m_state));
    QVERIFY(!text.contains("alice"_L1));
}

void RequestStateTest::everyChangedBitIsRefused()
{
    const auto encoding = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;
    const QByteArray sealed = QByteArray::fromBase64(m_sealer.seal(m_state).toLatin1(), encoding);
    for (qsizetype bit = 0; bit < sealed.size() * 8; ++bit) {
        QByteArray changed = sealed;
        changed[bit / 8] = char(changed[bit / 8] ^ (1 << (bit % 8)));
        const auto opened = m_sealer.open(QString::fromLatin1(changed.toBase64(encoding)), 0);
        QVERIFY(!opened);
        QCOMPARE(rpcCode(opened.error()), -32602);
    }
}

void RequestStateTest::anotherProcessCannotOpenIt()
{
    QVERIFY(!RequestSealer().open(m_sealer.seal(m_state), 0));
}

void RequestStateTest::itExpires()
{
    const auto opened = m_sealer.open(m_sealer.seal(m_state), 1'000);
    QVERIFY(!opened);
    QVERIFY(opened.error().message.contains("time"_L1));
}

void RequestStateTest::garbageIsRefused()
{
    for (const QString &text : {QString(), u"%%%"_s, u"AAAA"_s, QString(100'000, u'A')})
        QVERIFY(!m_sealer.open(text, 0));
}

void RequestStateTest::digestsTellRequestsApart()
{
    const QJsonObject params{{"name"_L1, u"t"_s}, {"arguments"_L1, QJsonObject{{"a"_L1, 1}}}};
    QJsonObject retry = params;
    retry.insert("inputResponses"_L1, QJsonObject{{"k"_L1, QJsonObject()}});
    retry.insert("requestState"_L1, u"x"_s);
    retry.insert("_meta"_L1, QJsonObject{{"progressToken"_L1, 1}});
    const QByteArray digest = digestOf({}, u"tools/call"_s, params);
    QCOMPARE(digestOf({}, u"tools/call"_s, retry), digest);
    QVERIFY(digestOf(u"s"_s, u"tools/call"_s, params) != digest);
    QVERIFY(digestOf({}, u"prompts/get"_s, params) != digest);
    retry["arguments"_L1] = QJsonObject{{"a"_L1, 2}};
    QVERIFY(digestOf({}, u"tools/call"_s, retry) != digest);
}

QTEST_GUILESS_MAIN(RequestStateTest)
#include "tst_requeststate.moc"
