// SPDX-License-Identifier: GPL-3.0-or-later
// Strict reading of JSON text (RFC 8259) without building a document: one pass over the bytes,
// no recursion, memory only for the keys of the objects that are open. What comes from a network
// is checked here first; what is passed on is cut out as bytes, so it arrives as it was sent
// (QJsonObject sorts keys and rewrites numbers).
//
// Refused: bad UTF-8 (overlong forms, surrogates, beyond U+10FFFF), a byte order mark, NUL bytes
// and raw control characters, numbers JSON does not know, nesting beyond the limit, repeated keys
// (compared after decoding their escapes), anything after the value. Pure functions; any thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>
#include <QtCore/QList>

namespace bridge::json {

struct ScanLimits {
    int maxDepth = 128;                ///< arrays and objects within each other
    qsizetype maxBytes = 0;            ///< size of the whole text, 0 = any
    bool refuseDuplicateKeys = true;   ///< readers disagree about which one counts (RFC 8259 §4)
    bool refuseLoneSurrogates = false; ///< `\ud800` alone fits the grammar but is no text (§8.2)
};

/// One member of an object. `value` points into the scanned bytes, without space around it.
struct Member {
    QString key;
    QByteArrayView value;
    qsizetype offset = 0; ///< where `value` begins
};

/// Whether \a text is one JSON value. Fails with InvalidBody (PayloadTooLarge beyond maxBytes);
/// the message names what is wrong and the offset of the byte where it is.
Result<Nothing> check(QByteArrayView text, const ScanLimits &limits = {});
/// The members of the object \a text in their order. The whole text is checked like in check();
/// a value that is no object is an error. The result is valid as long as the bytes are.
Result<QList<Member>> members(QByteArrayView text, const ScanLimits &limits = {});
/// The elements of the array \a text, likewise.
Result<QList<QByteArrayView>> elements(QByteArrayView text, const ScanLimits &limits = {});
/// The value of \a key among \a members; empty if there is none.
QByteArrayView valueOf(const QList<Member> &members, QStringView key);

} // namespace bridge::json
