// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/devicechannel.h"

#include <QtCore/QProcess>

namespace bridge::mcp {

DeviceChannel::DeviceChannel(QIODevice *device, QObject *parent)
    : ByteChannel(parent)
    , m_device(device)
    , m_isProcess(qobject_cast<QProcess *>(device) != nullptr)
{
    connect(device, &QIODevice::readyRead, this, &ByteChannel::readyRead);
    connect(device, &QIODevice::readChannelFinished, this, &DeviceChannel::onFinished);
}

void DeviceChannel::onFinished()
{
    const QPointer guard(this);
    if (hasInput())
        Q_EMIT readyRead();
    if (guard)
        Q_EMIT inputEnded();
}

QByteArray DeviceChannel::read()
{
    return m_device && m_device->isReadable() ? m_device->readAll() : QByteArray();
}

bool DeviceChannel::hasInput() const
{
    return m_device && m_device->isReadable() && m_device->bytesAvailable() > 0;
}

bool DeviceChannel::write(const QByteArray &bytes)
{
    return m_device && m_device->write(bytes) == bytes.size();
}

qint64 DeviceChannel::bytesToWrite() const
{
    return m_device ? m_device->bytesToWrite() : 0;
}

void DeviceChannel::closeOutput()
{
    if (auto *process = qobject_cast<QProcess *>(m_device.data()))
        process->closeWriteChannel(); // QProcess::close() would kill it and wait
    else if (m_device)
        m_device->close();
}

} // namespace bridge::mcp
