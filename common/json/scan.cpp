// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/scan.h"
#include "common/json/scanner.h"

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

using Pieces = std::vector<Scanner::Piece>;

/// Checks \a text and that its value begins with \a bracket.
Result<Pieces> piecesOf(QByteArrayView text, const ScanLimits &limits, char bracket)
{
    Result<Pieces> pieces = Scanner(text, limits).run(true);
    if (pieces && !text.trimmed().startsWith(bracket)) {
        return Error(ErrorCode::InvalidBody, bracket == '{' ? u"The JSON text must be an object."_s
                                                            : u"The JSON text must be an array."_s);
    }
    return pieces;
}

} // namespace

Result<Nothing> check(QByteArrayView text, const ScanLimits &limits)
{
    Result<Pieces> pieces = Scanner(text, limits).run(false);
    if (!pieces)
        return std::move(pieces).error();
    return Nothing();
}

Result<QList<Member>> members(QByteArrayView text, const ScanLimits &limits)
{
    const Result<Pieces> pieces = piecesOf(text, limits, '{');
    if (!pieces)
        return pieces.error();
    QList<Member> list;
    list.reserve(qsizetype(pieces->size()));
    for (const Scanner::Piece &piece : *pieces) {
        list.append({decodeString({piece.keyBegin, piece.keyEnd - piece.keyBegin}),
                     QByteArrayView(piece.begin, piece.end - piece.begin),
                     piece.begin - text.data()});
    }
    return list;
}

Result<QList<QByteArrayView>> elements(QByteArrayView text, const ScanLimits &limits)
{
    const Result<Pieces> pieces = piecesOf(text, limits, '[');
    if (!pieces)
        return pieces.error();
    QList<QByteArrayView> list;
    list.reserve(qsizetype(pieces->size()));
    for (const Scanner::Piece &piece : *pieces)
        list.append(QByteArrayView(piece.begin, piece.end - piece.begin));
    return list;
}

QByteArrayView valueOf(const QList<Member> &members, QStringView key)
{
    for (const Member &member : members) {
        if (member.key == key)
            return member.value;
    }
    return {};
}

} // namespace bridge::json
