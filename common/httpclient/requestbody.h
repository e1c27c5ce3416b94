// SPDX-License-Identifier: GPL-3.0-or-later
// A body that can be read once. Qt sends a request again when the connection breaks before the
// answer; it cannot do so with a body that cannot be rewound, and a tool call must not run twice.
#pragma once

#include <QtCore/QIODevice>

#include <cstring>

namespace bridge::httpclient {

class RequestBody : public QIODevice
{
public:
    explicit RequestBody(QByteArray bytes) : m_bytes(std::move(bytes))
    {
        open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    }
    bool isSequential() const override { return true; }
    bool seek(qint64) override { return false; }
    bool atEnd() const override { return m_at >= m_bytes.size(); }
    qint64 bytesAvailable() const override
    {
        return m_bytes.size() - m_at + QIODevice::bytesAvailable();
    }

protected:
    qint64 readData(char *target, qint64 most) override
    {
        if (atEnd())
            return -1;
        const qint64 count = qMin<qint64>(most, m_bytes.size() - m_at);
        std::memcpy(target, m_bytes.constData() + m_at, size_t(count));
        m_at += count;
        return count;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    QByteArray m_bytes;
    qint64 m_at = 0;
};

} // namespace bridge::httpclient
