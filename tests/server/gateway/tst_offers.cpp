// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/names.h"
#include "server/gateway/offers.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::gateway;
using namespace Qt::StringLiterals;

namespace {

upstream::ToolSetPtr toolsNamed(const QList<QByteArray> &names)
{
    QList<QByteArray> raw;
    for (const QByteArray &name : names)
        raw.append("{\"name\":\"" + name + "\",\"inputSchema\":{\"type\":\"object\"}}");
    upstream::ServerDefinition definition;
    definition.name = u"files"_s;
    return upstream::ToolSet::build(raw, definition);
}

} // namespace

class OffersTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void toolsAreTurnedIntoOffersOnce()
    {
        OfferBook book;
        const upstream::ToolSetPtr tools = toolsNamed({"read", "write"});
        const OfferListPtr list = book.ofTools(tools);
        QCOMPARE(list->items.size(), 2);
        QCOMPARE(list->items.first().raw, tools->tools().first()->raw);
        QVERIFY(list->items.first().tool == tools->tools().first());
        QVERIFY(book.ofTools(tools) == list);
        QVERIFY(book.ofTools(toolsNamed({"read", "write"})) != list);
    }

    void offersGoWithTheToolsTheyAre()
    {
        OfferBook book;
        upstream::ToolSetPtr tools = toolsNamed({"read"});
        const std::weak_ptr<const OfferList> list = book.ofTools(tools);
        tools.reset();
        for (int i = 0; i < 100; ++i)
            (void)book.ofTools(toolsNamed({"read"}));
        QVERIFY(list.expired());
    }

    void offersAreFoundByTheirNameAndByTheirAlias()
    {
        OfferBook book;
        const QByteArray longName(80, 'x');
        const OfferListPtr list = book.ofTools(toolsNamed({"read", "a.b", longName}));
        QCOMPARE(list->find(u"a.b"_s), &list->items[1]);
        QCOMPARE(list->find(u"files__read"_s), nullptr);
        for (const Offer &offer : list->items)
            QCOMPARE(list->findAlias(u"files"_s, aliasOf(u"files"_s, offer.key)), &offer);
        QCOMPARE(list->findAlias(u"files"_s, u"read"_s), nullptr);
        QCOMPARE(OfferList().find(u"read"_s), nullptr);
    }

    void ofTwoOffersOfOneNameTheFirstIsFound()
    {
        OfferList list;
        list.items = {{u"same"_s, "1", nullptr}, {u"same"_s, "2", nullptr}};
        QCOMPARE(list.find(u"same"_s)->raw, "1"_ba);
        QCOMPARE(list.findAlias(u"s"_s, u"s__same"_s)->raw, "1"_ba);
    }
};

QTEST_GUILESS_MAIN(OffersTest)
#include "tst_offers.moc"
