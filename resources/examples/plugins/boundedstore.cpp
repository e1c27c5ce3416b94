// SPDX-License-Identifier: GPL-3.0-or-later
// A session store: in memory, with a limit of sessions for each owner. Its settings:
//
//     {"sessionsPerOwner": 3}
#include "common/async/later.h"
#include "server/sessions/memorysessionstore.h"
#include "server/sessions/sessionstoreplugin.h"

using namespace Qt::StringLiterals;
using namespace bridge;

namespace {

class BoundedStore : public sessions::MemorySessionStore
{
public:
    explicit BoundedStore(int most) : m_most(most) {}

    Call insert(const sessions::SessionRecord &record, Handler<Nothing> handler) override
    {
        int &count = m_counts[record.key.owner];
        if (count >= m_most)
            return failLater(std::move(handler),
                             Error(ErrorCode::TooManyRequests,
                                   u"You have as many sessions as you may have. Close one."_s));
        ++count;
        return MemorySessionStore::insert(record, std::move(handler));
    }

    Call remove(const sessions::SessionKey &key, Handler<Nothing> handler) override
    {
        int &count = m_counts[key.owner];
        count = qMax(0, count - 1);
        return MemorySessionStore::remove(key, std::move(handler));
    }

private:
    int m_most;
    QHash<QString, int> m_counts;
};

} // namespace

class BoundedStorePlugin : public QObject, public sessions::SessionStorePlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID BRIDGE_SESSION_STORE_PLUGIN_IID FILE "boundedstore.json")
    Q_INTERFACES(bridge::sessions::SessionStorePlugin)

public:
    Result<std::unique_ptr<sessions::SessionStore>> makeStore(const QJsonObject &settings) override
    {
        const int most = settings["sessionsPerOwner"_L1].toInt(3);
        if (most < 1)
            return Error(ErrorCode::InvalidConfig,
                         u"bounded-store needs a sessionsPerOwner of at least 1."_s);
        return std::unique_ptr<sessions::SessionStore>(std::make_unique<BoundedStore>(most));
    }
};

#include "boundedstore.moc"
