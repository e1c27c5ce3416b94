// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/catalogue.h"

#include "common/async/later.h"
#include "server/upstream/credentialsource.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QDeadlineTimer>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

qint64 monotonic()
{
    return QDeadlineTimer::current().deadline();
}

} // namespace

Catalogue::Catalogue(std::chrono::milliseconds ttl, Clock clock)
    : m_ttl(ttl)
    , m_clock(clock ? std::move(clock) : Clock(monotonic))
{
}

QString Catalogue::scopeOf(const Identity &identity)
{
    if (identity.isNeutral())
        return {};
    // Tokens in the environment change with each refresh and are no part of who somebody is.
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (identity.caller) // what he may see is not known yet, so that it is nobody else's
        hash.addData(QString(identity.group + u'\n').toUtf8());
    if (identity.caller || !identity.placeholders.isEmpty() || !identity.environment.isEmpty())
        hash.addData(identity.owner.toUtf8());
    if (!identity.isOrdinary())
        hash.addData(QJsonDocument(identity.clientCapabilities).toJson(QJsonDocument::Compact));
    for (auto it = identity.placeholders.cbegin(); it != identity.placeholders.cend(); ++it)
        hash.addData(QString(u'\0' + it.key() + u'=' + it.value()).toUtf8());
    // A remote server may show each caller other tools.
    for (const auto &[name, value] : identity.forwardedHeaders)
        hash.addData(QByteArray('\1' + name + ':' + value));
    hash.addData(QByteArray('\2' + identity.callerToken));
    hash.addData(QByteArray('\3' + identity.credential));
    if (identity.source)
        hash.addData(QByteArray('\4' + identity.source->scope()));
    return QString::fromLatin1(hash.result().toHex());
}

ToolSetPtr Catalogue::cached(const QString &scope) const
{
    const Entry *entry = m_entries.object(scope);
    if (!entry)
        return nullptr;
    if (m_clock() - entry->at < m_ttl.count())
        return entry->tools;
    m_entries.remove(scope);
    return nullptr;
}

Call Catalogue::get(const QString &scope, const SingleFlight<ToolSetPtr>::Start &fetch,
                    Handler<ToolSetPtr> handler)
{
    if (ToolSetPtr known = cached(scope))
        return later([known, handler = std::move(handler)] { handler(known); });
    prune();
    return m_flights[scope].join(
        std::move(handler), [this, scope, &fetch](Handler<ToolSetPtr> done) {
            return fetch([this, scope, generation = m_generation,
                          done = std::move(done)](Result<ToolSetPtr> outcome) {
                if (outcome && generation == m_generation)
                    remember(scope, *outcome);
                done(std::move(outcome));
            });
        });
}

void Catalogue::prune()
{
    const auto hasLanded = [](const auto &entry) { return !entry.second.isRunning(); };
    std::erase_if(m_flights, hasLanded);
    m_outdated.remove_if([hasLanded](Flights &flights) {
        std::erase_if(flights, hasLanded);
        return flights.empty();
    });
}

void Catalogue::remember(const QString &scope, ToolSetPtr tools)
{
    if (m_ttl.count() > 0)
        m_entries.insert(scope, new Entry{std::move(tools), m_clock()});
}

void Catalogue::invalidate()
{
    ++m_generation;
    m_entries.clear();
    // Who asks from now on gets a new listing.
    m_outdated.push_back(std::exchange(m_flights, {}));
    prune();
}

} // namespace bridge::upstream
