// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/sink.h"

#include <QtCore/QFileInfo>

using namespace Qt::StringLiterals;

namespace bridge::logging {

Result<std::shared_ptr<Sink>> Sink::open(const QString &output)
{
    auto sink = std::make_shared<Sink>();
    // By descriptor: going through stdio would split a line into several writes.
    constexpr int kStdout = 1;
    constexpr int kStderr = 2;
    const QIODevice::OpenMode mode = QIODevice::WriteOnly | QIODevice::Unbuffered;
    bool opened = false;
    if (output == "stderr"_L1 || output.isEmpty()) {
        opened = sink->m_file.open(kStderr, mode);
    } else if (output == "stdout"_L1) {
        opened = sink->m_file.open(kStdout, mode);
    } else {
        sink->m_file.setFileName(output);
        const bool device = QFileInfo::exists(output) && !QFileInfo(output).isFile();
        // A log tells who did what: the owner's business only. Devices and pipes have no end to
        // append to.
        opened = device ? sink->m_file.open(mode | QIODevice::ExistingOnly)
                        : sink->m_file.open(mode | QIODevice::Append,
                                            QFile::ReadOwner | QFile::WriteOwner);
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
    const std::scoped_lock locked(m_lock);
    m_file.write(line);
}

} // namespace bridge::logging
