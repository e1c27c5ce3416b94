// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts JSON text into the raw values of one level. Everything below that level is checked for
// being well-formed (RFC 8259) in the same single pass, without recursion.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>

namespace bridge::jsonrpc {

struct Member {
    QByteArray name;  ///< unescaped, UTF-8
    QByteArray value; ///< raw JSON
};

/// Members of the object \a text in order. Errors: UpstreamFailed with what is wrong and where.
/// \a maxDepth counts nested arrays and objects, the outermost included.
Result<QList<Member>> members(const QByteArray &text, int maxDepth = 128);
/// Elements of the array \a text.
Result<QList<QByteArray>> elements(const QByteArray &text, int maxDepth = 128);

} // namespace bridge::jsonrpc
