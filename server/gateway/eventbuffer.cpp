// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/eventbuffer.h"

namespace bridge::gateway {

EventBuffer::EventBuffer(BufferLimits limits, std::shared_ptr<qint64> total,
                         std::shared_ptr<qint64> ofOwner)
    : m_limits(limits)
    , m_total(std::move(total))
    , m_ofOwner(std::move(ofOwner))
{
}

EventBuffer::~EventBuffer()
{
    count(-m_bytes);
}

void EventBuffer::count(qint64 bytes)
{
    m_bytes += bytes;
    *m_total += bytes;
    if (m_ofOwner)
        *m_ofOwner += bytes;
}

bool EventBuffer::isTooMuch() const
{
    return m_events.size() > m_limits.maxEvents || m_bytes > m_limits.maxBytes
           || *m_total > m_limits.maxTotalBytes
           || (m_ofOwner && *m_ofOwner > m_limits.maxOwnerBytes);
}

QByteArray EventBuffer::append(quint32 stream, const QByteArray &data)
{
    const Place place{stream, ++m_serial};
    if (data.size() > m_limits.maxBytes || m_limits.maxEvents <= 0)
        return idOf(place);
    m_events.append({place, data});
    count(data.size());
    while (!m_events.isEmpty() && isTooMuch())
        dropOldest();
    return idOf(place);
}

QByteArray EventBuffer::mark(quint32 stream)
{
    return idOf({stream, ++m_serial});
}

QList<EventBuffer::Event> EventBuffer::after(const Place &place) const
{
    QList<Event> found;
    for (const Event &event : m_events) {
        if (event.place.stream == place.stream && event.place.serial > place.serial)
            found.append(event);
    }
    return found;
}

QByteArray EventBuffer::idOf(const Place &place)
{
    return QByteArray::number(place.stream) + '-' + QByteArray::number(place.serial);
}

std::optional<EventBuffer::Place> EventBuffer::placeOf(const QByteArray &id)
{
    const qsizetype dash = id.indexOf('-');
    bool streamOk = false;
    bool serialOk = false;
    Place place;
    place.stream = id.left(std::max<qsizetype>(dash, 0)).toUInt(&streamOk);
    place.serial = id.mid(dash + 1).toULongLong(&serialOk);
    if (dash <= 0 || !streamOk || !serialOk || idOf(place) != id)
        return std::nullopt;
    return place;
}

void EventBuffer::dropOldest()
{
    count(-m_events.constFirst().data.size());
    m_events.removeFirst();
}

} // namespace bridge::gateway
