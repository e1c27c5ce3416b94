// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/base64url.h"

#include <array>

namespace bridge::crypto {

namespace {

constexpr quint8 kNone = 0xff;

constexpr std::array<quint8, 256> makeTable()
{
    std::array<quint8, 256> table{};
    for (quint8 &entry : table)
        entry = kNone;
    for (quint8 i = 0; i < 26; ++i) {
        table[size_t('A') + i] = i;
        table[size_t('a') + i] = quint8(26 + i);
    }
    for (quint8 i = 0; i < 10; ++i)
        table[size_t('0') + i] = quint8(52 + i);
    table[size_t('-')] = 62;
    table[size_t('_')] = 63;
    return table;
}

constexpr std::array<quint8, 256> kTable = makeTable();

} // namespace

std::optional<QByteArray> fromBase64Url(QByteArrayView text)
{
    if (text.size() % 4 == 1)
        return std::nullopt;
    QByteArray bytes;
    bytes.reserve(text.size() * 3 / 4);
    quint32 bits = 0;
    int count = 0;
    for (const char c : text) {
        const quint8 value = kTable[quint8(c)];
        if (value == kNone)
            return std::nullopt;
        bits = (bits << 6) | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes.append(char((bits >> count) & 0xff));
        }
    }
    if ((bits & ((1U << count) - 1)) != 0)
        return std::nullopt;
    return bytes;
}

QByteArray toBase64Url(const QByteArray &bytes)
{
    return bytes.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

} // namespace bridge::crypto
