// SPDX-License-Identifier: GPL-3.0-or-later
// The open end of the log: a stream of the process or a file, opened once.
#pragma once

#include "common/base/result.h"

#include <QtCore/QFile>

#include <memory>
#include <mutex>

namespace bridge::logging {

class Sink
{
public:
    /// \a output is `stderr`, `stdout` or a file name.
    static Result<std::shared_ptr<Sink>> open(const QString &output);
    /// Writes \a line whole, unbuffered; lines of several threads never mix.
    void write(const QByteArray &line);

private:
    std::mutex m_lock;
    QFile m_file;
};

} // namespace bridge::logging
