// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the head of an answer (RFC 9112 §4): status line, framing fields, then the given ones.
#pragma once

#include "server/http/request.h"

namespace bridge::http {

struct Framing {
    qint64 contentLength = -1; ///< -1 = none is sent
    bool chunked = false;
    bool keepAlive = true;
    int minorVersion = 1; ///< of the request
};

/// Head with its empty line. Control characters in values are dropped, so that no value can end
/// a line; fields this function writes itself are skipped.
QByteArray responseHead(int status, const Headers &fields, const Headers &common,
                        const Framing &framing);
/// True when an answer with \a status never has a body (RFC 9110 §6.4.1).
bool isBodyless(int status);
/// \a data as one chunk (RFC 9112 §7.1).
QByteArray chunkOf(const QByteArray &data);

} // namespace bridge::http
