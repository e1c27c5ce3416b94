// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/format.h"
#include "common/json/pointer.h"
#include "common/json/regex.h"

#include <QtCore/QDate>
#include <QtCore/QHash>
#include <QtCore/QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

bool isAsciiDigit(QChar c)
{
    return c >= u'0' && c <= u'9';
}

bool isAsciiAlnum(QChar c)
{
    return isAsciiDigit(c) || (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z');
}

bool isHexDigit(QChar c)
{
    return isAsciiDigit(c) || (c >= u'a' && c <= u'f') || (c >= u'A' && c <= u'F');
}

bool allDigits(QStringView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), isAsciiDigit);
}

/// Two digits at \a at, not above \a max; -1 otherwise.
int twoDigits(QStringView text, qsizetype at, int max)
{
    if (at + 2 > text.size() || !allDigits(text.sliced(at, 2)))
        return -1;
    const int number = text.sliced(at, 2).toInt();
    return number <= max ? number : -1;
}

bool isDateText(QStringView text)
{
    if (text.size() != 10 || text[4] != u'-' || text[7] != u'-' || !allDigits(text.first(4)))
        return false;
    const int month = twoDigits(text, 5, 12);
    const int day = twoDigits(text, 8, 31);
    // RFC 3339 has a year 0, a leap year, which QDate has not.
    const int year = text.first(4).toInt();
    return month > 0 && day > 0 && QDate::isValid(year == 0 ? 2000 : year, month, day);
}

/// `Z` or `+hh:mm`; \a minutes is the distance to UTC.
bool isOffset(QStringView text, int *minutes)
{
    *minutes = 0;
    if (text == "Z"_L1 || text == "z"_L1)
        return true;
    if (text.size() != 6 || (text[0] != u'+' && text[0] != u'-') || text[3] != u':')
        return false;
    const int hour = twoDigits(text, 1, 23);
    const int minute = twoDigits(text, 4, 59);
    *minutes = (hour * 60 + minute) * (text[0] == u'-' ? -1 : 1);
    return hour >= 0 && minute >= 0;
}

bool isTimeText(QStringView text) // RFC 3339 §5.6 full-time
{
    if (text.size() < 9 || text[2] != u':' || text[5] != u':')
        return false;
    const int hour = twoDigits(text, 0, 23);
    const int minute = twoDigits(text, 3, 59);
    const int second = twoDigits(text, 6, 60);
    qsizetype at = 8;
    if (text[at] == u'.') {
        const qsizetype first = ++at;
        while (at < text.size() && isAsciiDigit(text[at]))
            ++at;
        if (at == first)
            return false;
    }
    int offset = 0;
    if (hour < 0 || minute < 0 || second < 0 || !isOffset(text.sliced(at), &offset))
        return false;
    const int utc = ((hour * 60 + minute - offset) % 1440 + 1440) % 1440;
    return second < 60 || utc == 1439; // a leap second ends a day of UTC
}

bool isDate(const QString &text)
{
    return isDateText(text);
}

bool isTime(const QString &text)
{
    return isTimeText(text);
}

bool isDateTime(const QString &text)
{
    const QStringView view(text);
    return view.size() > 11 && (view[10] == u'T' || view[10] == u't') && isDateText(view.first(10))
           && isTimeText(view.sliced(11));
}

/// Reads `<digits><unit>` pairs whose units come in the order of \a units; true if all was read.
bool durationPart(QStringView text, QStringView units)
{
    qsizetype lowest = 0;
    for (qsizetype at = 0; at < text.size(); ++at) {
        const qsizetype first = at;
        while (at < text.size() && isAsciiDigit(text[at]))
            ++at;
        const qsizetype unit = at < text.size() ? units.indexOf(text[at], lowest) : -1;
        if (at == first || unit < 0 || (first > 0 && unit != lowest))
            return false;
        lowest = unit + 1;
    }
    return !text.isEmpty();
}

bool isDuration(const QString &text) // RFC 3339 appendix A
{
    if (!text.startsWith(u'P'))
        return false;
    const QStringView rest = QStringView(text).sliced(1);
    if (rest.endsWith(u'W'))
        return allDigits(rest.chopped(1));
    const qsizetype split = rest.indexOf(u'T');
    const QStringView date = split < 0 ? rest : rest.first(split);
    if (split >= 0 && !durationPart(rest.sliced(split + 1), u"HMS"))
        return false;
    return (split >= 0 && date.isEmpty()) || durationPart(date, u"YMD");
}

bool isHostLabel(QStringView label)
{
    const auto allowed = [](QChar c) { return isAsciiAlnum(c) || c == u'-'; };
    return !label.isEmpty() && label.size() <= 63 && !label.startsWith(u'-')
           && !label.endsWith(u'-') && std::all_of(label.begin(), label.end(), allowed)
           && !(label.size() > 3 && label[2] == u'-' && label[3] == u'-'
                && !label.startsWith("xn--"_L1, Qt::CaseInsensitive));
}

bool isHostname(const QString &text) // RFC 1123 §2.1, RFC 5890 §2.3.2.1
{
    const auto labels = QStringView(text).split(u'.');
    return text.size() <= 253 && std::all_of(labels.begin(), labels.end(), isHostLabel);
}

bool isIdnHostname(const QString &text)
{
    return !text.isEmpty() && text.size() <= 253 && !QUrl::toAce(text).isEmpty();
}

bool isIpv4(const QString &text) // RFC 2673 §3.2
{
    const auto parts = QStringView(text).split(u'.');
    return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](QStringView part) {
               return allDigits(part) && part.size() <= 3 && part.toInt() <= 255
                      && (part.size() == 1 || part[0] != u'0');
           });
}

/// Number of 16-bit groups `a:b:…` stands for, an IPv4 address last counts two; -1 if malformed.
int ipv6Groups(QStringView text, bool last)
{
    if (text.isEmpty())
        return 0;
    const auto parts = text.split(u':');
    int groups = 0;
    for (qsizetype i = 0; i < parts.size(); ++i) {
        const QStringView part = parts.at(i);
        if (last && i + 1 == parts.size() && part.contains(u'.')) {
            if (!isIpv4(part.toString()))
                return -1;
            groups += 2;
            continue;
        }
        if (part.isEmpty() || part.size() > 4 || !std::all_of(part.begin(), part.end(), isHexDigit))
            return -1;
        ++groups;
    }
    return groups;
}

bool isIpv6(const QString &text) // RFC 4291 §2.2
{
    const QStringView view(text);
    const qsizetype gap = view.indexOf("::"_L1);
    if (gap < 0)
        return ipv6Groups(view, true) == 8;
    const int before = ipv6Groups(view.first(gap), false);
    const int after = ipv6Groups(view.sliced(gap + 2), true);
    return before >= 0 && after >= 0 && before + after < 8;
}

bool isEmailWith(const QString &text, bool international)
{
    const qsizetype at = text.lastIndexOf(u'@');
    if (at < 1 || at > 64)
        return false;
    const QStringView local = QStringView(text).first(at);
    const QString domain = text.sliced(at + 1);
    const bool isQuoted = local.size() > 2 && local.startsWith(u'"') && local.endsWith(u'"');
    const auto allowed = [international](QChar c) {
        return isAsciiAlnum(c) || u"!#$%&'*+-/=?^_`{|}~."_s.contains(c)
               || (international && c.unicode() > 127);
    };
    if (!isQuoted
        && (local.startsWith(u'.') || local.endsWith(u'.') || local.contains(".."_L1)
            || !std::all_of(local.begin(), local.end(), allowed))) {
        return false;
    }
    if (domain.startsWith("[IPv6:"_L1) && domain.endsWith(u']'))
        return isIpv6(domain.sliced(6).chopped(1));
    if (domain.startsWith(u'[') && domain.endsWith(u']'))
        return isIpv4(domain.sliced(1).chopped(1));
    return international ? isIdnHostname(domain) : isHostname(domain);
}

bool isEmail(const QString &text) // RFC 5321 §4.1.2
{
    return isEmailWith(text, false);
}

bool isIdnEmail(const QString &text)
{
    return isEmailWith(text, true);
}

/// Brackets enclose an IPv6 address; they stand nowhere but in the authority (RFC 3986 §3.2.2).
bool hasStrayBracket(const QString &text)
{
    const auto isBracket = [](QChar c) { return c == u'[' || c == u']'; };
    const qsizetype slashes = text.indexOf("//"_L1);
    const auto from = text.begin() + (slashes < 0 ? 0 : slashes + 2);
    const auto end =
        std::find_if(from, text.end(), [](QChar c) { return c == u'/' || c == u'?' || c == u'#'; });
    return std::any_of(slashes < 0 ? from : end, text.end(), isBracket);
}

bool isIriReference(const QString &text)
{
    if (hasStrayBracket(text))
        return false;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text.at(i);
        if (c.unicode() <= 0x20 || c.unicode() == 0x7f || u"\"<>\\^`{|}"_s.contains(c))
            return false;
        if (c == u'%'
            && !(i + 2 < text.size() && isHexDigit(text.at(i + 1)) && isHexDigit(text.at(i + 2)))) {
            return false;
        }
    }
    const qsizetype fragment = text.indexOf(u'#');
    return (fragment < 0 || text.indexOf(u'#', fragment + 1) < 0)
           && QUrl(text, QUrl::StrictMode).isValid() == !text.isEmpty();
}

bool hasScheme(const QString &text) // RFC 3986 §3.1
{
    const qsizetype colon = text.indexOf(u':');
    const QChar first = text.isEmpty() ? QChar() : text.at(0);
    const auto allowed = [](QChar c) {
        return isAsciiAlnum(c) || c == u'+' || c == u'-' || c == u'.';
    };
    return colon > 0 && isAsciiAlnum(first) && !isAsciiDigit(first)
           && std::all_of(text.begin(), text.begin() + colon, allowed);
}

bool isAscii(const QString &text)
{
    return std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() < 128; });
}

bool isIri(const QString &text)
{
    return hasScheme(text) && isIriReference(text);
}

bool isUri(const QString &text)
{
    return isAscii(text) && isIri(text);
}

bool isUriReference(const QString &text)
{
    return isAscii(text) && isIriReference(text);
}

bool isUuid(const QString &text) // RFC 4122 §3
{
    for (qsizetype i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.at(i) != u'-' : !isHexDigit(text.at(i)))
            return false;
    }
    return text.size() == 36;
}

bool isPointer(const QString &text)
{
    return pointerTokens(text).has_value();
}

bool isRelativePointer(const QString &text)
{
    qsizetype at = 0;
    while (at < text.size() && isAsciiDigit(text.at(at)))
        ++at;
    if (at == 0 || (at > 1 && text.at(0) == u'0'))
        return false;
    const QString rest = text.sliced(at);
    return rest == "#"_L1 || isPointer(rest);
}

bool isRegex(const QString &text)
{
    return Regex::compile(text).ok();
}

} // namespace

FormatCheck formatCheck(const QString &name)
{
    static const QHash<QString, FormatCheck> checks = {
        {u"date"_s, isDate},
        {u"time"_s, isTime},
        {u"date-time"_s, isDateTime},
        {u"duration"_s, isDuration},
        {u"email"_s, isEmail},
        {u"idn-email"_s, isIdnEmail},
        {u"hostname"_s, isHostname},
        {u"idn-hostname"_s, isIdnHostname},
        {u"ipv4"_s, isIpv4},
        {u"ipv6"_s, isIpv6},
        {u"uri"_s, isUri},
        {u"uri-reference"_s, isUriReference},
        {u"iri"_s, isIri},
        {u"iri-reference"_s, isIriReference},
        {u"uuid"_s, isUuid},
        {u"json-pointer"_s, isPointer},
        {u"relative-json-pointer"_s, isRelativePointer},
        {u"regex"_s, isRegex},
    };
    return checks.value(name, nullptr);
}

} // namespace bridge::json
