// SPDX-License-Identifier: GPL-3.0-or-later
// A raw HTTP client for tests: sends exact bytes and reads answers as far as they came.
#pragma once

#include <QtCore/QCoreApplication>
#include <QtCore/QDeadlineTimer>
#include <QtCore/QEventLoop>
#include <QtCore/QTimer>
#include <QtNetwork/QTcpSocket>

#include <sys/socket.h>

namespace bridge::http::test {

struct Answer {
    int status = 0;
    QByteArray head;
    QByteArray body;

    QByteArray header(const QByteArray &name) const
    {
        for (const QByteArray &line : head.split('\n')) {
            const qsizetype colon = line.indexOf(':');
            if (colon > 0 && line.first(colon).compare(name, Qt::CaseInsensitive) == 0)
                return line.sliced(colon + 1).trimmed();
        }
        return {};
    }
};

/// Like QTest::qWaitFor, but wakes with the event instead of every 10 ms.
template <typename Condition>
bool waitUntil(Condition condition, int timeout = 5000)
{
    const QDeadlineTimer deadline(timeout);
    while (!condition()) {
        if (deadline.hasExpired())
            return false;
        QTimer wake;
        wake.start(std::chrono::milliseconds(std::max<qint64>(deadline.remainingTime(), 1)));
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
    }
    return true;
}

class Client
{
public:
    explicit Client(quint16 port)
    {
        m_socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
        m_ok = waitUntil([this] { return m_socket.state() == QTcpSocket::ConnectedState; });
        m_socket.setSocketOption(QAbstractSocket::LowDelayOption, 1);
    }

    bool isConnected() const { return m_ok; }
    QTcpSocket &socket() { return m_socket; }

    void send(const QByteArray &bytes)
    {
        m_socket.write(bytes);
        m_socket.flush();
    }

    /// Leaves without a word: the server gets a reset instead of the end of input.
    void reset()
    {
        const linger none{1, 0};
        ::setsockopt(int(m_socket.socketDescriptor()), SOL_SOCKET, SO_LINGER, &none, sizeof none);
        m_socket.abort();
    }

    /// Everything received and not yet taken.
    QByteArray &received()
    {
        m_received += m_socket.readAll();
        return m_received;
    }

    bool waitFor(const QByteArray &text, int timeout = 5000)
    {
        return waitUntil([&] { return received().contains(text); }, timeout);
    }

    bool waitClosed(int timeout = 5000)
    {
        return waitUntil(
            [this] {
                received();
                return m_socket.state() == QTcpSocket::UnconnectedState;
            },
            timeout);
    }

    /// Next answer with a Content-Length; status 0 when none came in time.
    Answer next(bool headOnly = false, int timeout = 5000)
    {
        Answer answer;
        if (!waitFor("\r\n\r\n", timeout))
            return answer;
        const qsizetype end = m_received.indexOf("\r\n\r\n");
        answer.head = m_received.first(end + 2);
        answer.status = answer.head.mid(9, 3).toInt();
        const qsizetype size = headOnly ? 0 : answer.header("Content-Length").toLongLong();
        m_received.remove(0, end + 4);
        if (!waitUntil([&] { return received().size() >= size; }, timeout))
            return {};
        answer.body = m_received.first(size);
        m_received.remove(0, size);
        return answer;
    }

    Answer ask(const QByteArray &bytes)
    {
        send(bytes);
        return next();
    }

private:
    QTcpSocket m_socket;
    QByteArray m_received;
    bool m_ok = false;
};

} // namespace bridge::http::test
