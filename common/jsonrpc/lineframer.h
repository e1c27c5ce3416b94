// SPDX-License-Identifier: GPL-3.0-or-later
// Newline-delimited framing (MCP stdio transport): every line becomes messages or one error,
// never silence.
#pragma once

#include "common/jsonrpc/message.h"

namespace bridge::jsonrpc {

class LineFramer
{
public:
    /// What one line was. The error is PayloadTooLarge for a line above the cap (reported once,
    /// as soon as the cap is crossed; the rest of the line is skipped), else UpstreamFailed.
    using Line = Result<QList<Message>>;

    /// \a maxLine in bytes without the line end.
    explicit LineFramer(qsizetype maxLine = MessageLimits().maxBytes);

    /// Takes the next \a bytes in and returns the lines they complete. Blank lines vanish.
    QList<Line> feed(const QByteArray &bytes);
    /// The peer has ended: what is buffered counts as a line of its own.
    QList<Line> finish();

    qsizetype buffered() const { return m_buffer.size(); }

private:
    void complete(QByteArray line, QList<Line> &out) const;
    Error tooLong() const;

    MessageLimits m_limits;
    QByteArray m_buffer;
    qsizetype m_scanned = 0; ///< bytes of m_buffer known to hold no newline
    bool m_skipping = false; ///< inside a line that was already reported as too long
};

} // namespace bridge::jsonrpc
