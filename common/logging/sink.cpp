// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/sink.h"

#include <cstdio>

using namespace Qt::StringLiterals;

namespace bridge::logging {

Result<std::shared_ptr<Sink>> Sink::open(const QString &output)
{
    auto sink = std::make_shared<Sink>();
    const QIODevice::OpenMode mode =
        QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered;
    bool opened = false;
    if (output == "stderr"_L1 || output.isEmpty()) {
        opened = sink->m_file.open(stderr, mode);
    } else if (output == "stdout"_L1) {
        opened = sink->m_file.open(stdout, mode);
    } else {
        sink->m_file.setFileName(output);
        // A log tells who did what: the owner's business only.
        opened = sink->m_file.open(mode, QFile::ReadOwner | QFile::WriteOwner);
    }
    if (!opened) {
        return Error(ErrorCode::InvalidConfig,
                     u"The log cannot be written to the file in LOG_OUTPUT: %1. Name a file in a "
                     "writable folder, stderr or stdout."_s.arg(sink->m_file.errorString()));
    }
    return sink;
}

void Sink::write(const QByteArray &line)
{
    const QMutexLocker locker(&m_mutex);
    m_file.write(line);
}

} // namespace bridge::logging
