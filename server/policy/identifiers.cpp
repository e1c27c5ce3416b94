// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/identifiers.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QStringList>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

constexpr qsizetype kLegacyLength = 100;
/// What is left of a long name, for people; the hash tells it apart.
constexpr qsizetype kKeptBytes = 80;
constexpr qsizetype kHashDigits = 32;

bool isPlain(char32_t c)
{
    return QChar::isLetterOrNumber(c) || c == U'.' || c == U'_' || c == U':' || c == U'-';
}

QString percent(QStringView piece)
{
    QString encoded;
    const QByteArray bytes = piece.toUtf8();
    for (const char byte : bytes)
        encoded += u"%%1"_s.arg(uchar(byte), 2, 16, QLatin1Char('0')).toUpper();
    return encoded;
}

/// Whether the character at \a at may stay as it is.
bool mayStay(QStringView name, qsizetype at, char32_t c, bool isNormal, bool foldsNames)
{
    if (!isPlain(c) || (c >= 0x80 && !isNormal))
        return false;
    if (c == U'.') {
        const bool hasNeighbour =
            (at > 0 && name[at - 1] == u'.') || (at + 1 < name.size() && name[at + 1] == u'.');
        const bool isLast = at + 1 == name.size();
        return !hasNeighbour && name.size() > 1 && !(foldsNames && isLast);
    }
    if (c == U'-')
        return at > 0;
    if (foldsNames)
        return c != U':' && QChar::toLower(c) == c && QChar::toCaseFolded(c) == c;
    return true;
}

/// `con`, `com1.txt`, …: devices, whatever the folder.
bool isDevice(const QString &name)
{
    static const QStringList devices{u"con"_s, u"prn"_s, u"aux"_s, u"nul"_s};
    const QString stem = name.section(u'.', 0, 0).toLower();
    const bool isPort = stem.size() == 4 && (stem.startsWith("com"_L1) || stem.startsWith("lpt"_L1))
                        && stem.back().isNumber();
    return devices.contains(stem) || isPort;
}

/// The front of \a text, which is no more than \a bytes long and ends between characters.
QString front(const QString &text, qsizetype bytes)
{
    QString kept = text;
    while (kept.toUtf8().size() > bytes) {
        const bool isPair = kept.size() > 1 && kept.back().isLowSurrogate();
        kept.chop(isPair ? 2 : 1);
    }
    const qsizetype escape = kept.lastIndexOf(u'%');
    return escape >= 0 && escape > kept.size() - 3 ? kept.left(escape) : kept;
}

} // namespace

QString encodedIdentifier(const QString &name, bool foldsNames)
{
    if (name.isEmpty() || !QStringView(name).isValidUtf16())
        return {};
    // File systems that compose characters would make one folder of two names.
    const bool isNormal = name.normalized(QString::NormalizationForm_C) == name;
    QString encoded;
    for (qsizetype at = 0; at < name.size();) {
        const bool isPair = name[at].isHighSurrogate();
        const char32_t c =
            isPair ? QChar::surrogateToUcs4(name[at], name[at + 1]) : char32_t(name[at].unicode());
        const QStringView piece = QStringView(name).sliced(at, isPair ? 2 : 1);
        if (mayStay(name, at, c, isNormal, foldsNames))
            encoded += piece;
        else
            encoded += percent(piece);
        at += piece.size();
    }
    if (foldsNames && isDevice(encoded))
        encoded = percent(QStringView(encoded).first(1)) + encoded.mid(1);
    if (encoded.toUtf8().size() <= kMaxIdentifierBytes)
        return encoded;
    const QByteArray hash =
        QCryptographicHash::hash(name.toUtf8(), QCryptographicHash::Sha256).toHex();
    return QString(front(encoded, kKeptBytes) + u'~'
                   + QString::fromLatin1(hash.first(kHashDigits)));
}

QString legacyIdentifier(const QString &name)
{
    QString kept;
    const auto points = name.toUcs4();
    for (const uint c : points) {
        if (isPlain(char32_t(c)))
            kept += QString::fromUcs4(reinterpret_cast<const char32_t *>(&c), 1);
    }
    QString result;
    for (qsizetype at = 0; at < kept.size();) {
        qsizetype end = at;
        while (end < kept.size() && kept[end] == u'.')
            ++end;
        if (end - at >= 2) {
            result += u'_';
        } else {
            end = at + 1;
            result += kept[at];
        }
        at = end;
    }
    result.truncate(kLegacyLength);
    if (!result.isEmpty() && result.back().isHighSurrogate())
        result.chop(1);
    return result == "."_L1 ? u"_"_s : result;
}

} // namespace bridge::policy
