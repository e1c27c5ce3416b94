// SPDX-License-Identifier: GPL-3.0-or-later
// A channel over a QProcess or any other sequential QIODevice.
#pragma once

#include "common/mcp/bytechannel.h"

#include <QtCore/QPointer>

class QIODevice;

namespace bridge::mcp {

class DeviceChannel final : public ByteChannel
{
    Q_OBJECT
public:
    /// \a device is open for reading and writing, not owned, and in this thread.
    explicit DeviceChannel(QIODevice *device, QObject *parent = nullptr);

    QByteArray read() override;
    bool hasInput() const override;
    bool write(const QByteArray &bytes) override;
    qint64 bytesToWrite() const override;
    void closeOutput() override;
    bool isProcess() const override { return m_isProcess; }

private:
    void onFinished();

    QPointer<QIODevice> m_device;
    bool m_isProcess = false;
};

} // namespace bridge::mcp
