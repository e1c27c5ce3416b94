// SPDX-License-Identifier: GPL-3.0-or-later
// The last events of one legacy session, for clients that come back with Last-Event-ID
// (2025-11-25 transports, "Resumability and Redelivery"). Bounded by count and bytes, and by the
// bytes of all sessions of its owner and of all together; the oldest events go first.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QList>

#include <memory>
#include <optional>

namespace bridge::gateway {

struct BufferLimits {
    int maxEvents = 256;                       ///< per session
    qint64 maxBytes = 1024 * 1024;             ///< per session
    qint64 maxTotalBytes = 64LL * 1024 * 1024; ///< of all sessions that share one count
    qint64 maxOwnerBytes = 16LL * 1024 * 1024; ///< of all sessions of one owner
};

class EventBuffer
{
public:
    /// A position in one stream; event ids are written `<stream>-<serial>`.
    struct Place {
        quint32 stream = 0;
        quint64 serial = 0;
    };
    struct Event {
        Place place;
        QByteArray data;
    };

    /// \a total and \a ofOwner count the bytes of all buffers that share them. Without \a ofOwner
    /// the owner has no limit of his own.
    explicit EventBuffer(BufferLimits limits = {},
                         std::shared_ptr<qint64> total = std::make_shared<qint64>(0),
                         std::shared_ptr<qint64> ofOwner = nullptr);
    ~EventBuffer();
    EventBuffer(const EventBuffer &) = delete;
    EventBuffer &operator=(const EventBuffer &) = delete;

    /// Keeps \a data as the next event of \a stream and returns its id. An event larger than the
    /// limits gets an id and is not kept.
    QByteArray append(quint32 stream, const QByteArray &data);
    /// A new id without an event: where a stream begins.
    QByteArray mark(quint32 stream);
    /// Events of the stream of \a place behind it, oldest first.
    QList<Event> after(const Place &place) const;
    int count() const { return int(m_events.size()); }
    qint64 bytes() const { return m_bytes; }

    static QByteArray idOf(const Place &place);
    /// Reads a Last-Event-ID; nothing when it is not one of ours.
    static std::optional<Place> placeOf(const QByteArray &id);
    /// The id was given out by this buffer.
    bool knows(const Place &place) const { return place.serial > 0 && place.serial <= m_serial; }

private:
    void count(qint64 bytes);
    bool isTooMuch() const;
    void dropOldest();

    BufferLimits m_limits;
    std::shared_ptr<qint64> m_total;
    std::shared_ptr<qint64> m_ofOwner; ///< may be null
    QList<Event> m_events;
    qint64 m_bytes = 0;
    quint64 m_serial = 0;
};

} // namespace bridge::gateway
