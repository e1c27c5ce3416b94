// SPDX-License-Identifier: GPL-3.0-or-later
// Internal to bridge::json: the state machine behind scan.h. Used once, on one text.
#pragma once

#include "common/json/scan.h"

#include <deque>
#include <optional>
#include <vector>

namespace bridge::json {

class Scanner
{
public:
    /// Byte range of a member's key (without quotes) and value; an element has no key.
    struct Piece {
        const char *keyBegin = nullptr;
        const char *keyEnd = nullptr;
        const char *begin = nullptr;
        const char *end = nullptr;
    };

    Scanner(QByteArrayView text, const ScanLimits &limits);
    /// The pieces of the outermost object or array, when \a record is set.
    Result<std::vector<Piece>> run(bool record);

private:
    enum class State { Value, FirstElement, FirstKey, Key, AfterValue, Done, Failed };
    struct Level {
        bool isObject;
        size_t firstKey;
    };
    struct Key {
        size_t hash;
        QByteArrayView bytes;
        const char *place;
    };

    State advance(State state);
    State value();
    State open(bool isObject);
    State close();
    State key();
    State afterValue();
    State number();
    State literal(QByteArrayView word);
    State fail(const QString &message);
    State fail(const char *place, const QString &message);
    State unexpected(const QString &wanted);

    bool string(); ///< from behind the opening quote to behind the closing one
    const char *skipPlain(const char *at) const;
    bool multiByte();
    bool escape();
    bool unicodeEscape();
    std::optional<uint> hexUnit(const char *at) const;
    void skipSpace();
    void skipDigits();
    bool isDigit() const { return m_at < m_end && *m_at >= '0' && *m_at <= '9'; }
    void beginPiece();
    void endPiece();
    void keepKey(const char *begin, const char *end);
    bool keysDiffer();
    void refuseRepeated(const Key &key);

    const ScanLimits &m_limits;
    const char *const m_begin;
    const char *const m_end;
    const char *m_at;
    bool m_escaped = false; ///< the last string had an escape
    bool m_record = false;
    std::vector<Level> m_levels;
    std::vector<Key> m_keys; ///< of all open objects, innermost last
    std::deque<QByteArray> m_decoded;
    std::vector<Piece> m_pieces;
    std::optional<Error> m_error;
};

/// The text of a JSON string, given the checked bytes between its quotes.
QString decodeString(QByteArrayView bytes);

} // namespace bridge::json
