// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/globs.h"

#include <algorithm>

namespace bridge::config {

Glob::Glob(QStringView pattern)
{
    for (qsizetype at = 0; at < pattern.size();) {
        const QChar c = pattern.at(at++);
        Piece piece;
        if (c == u'*') {
            piece.kind = Kind::Any;
            if (!m_pieces.isEmpty() && m_pieces.last().kind == Kind::Any)
                continue; // ** is *
        } else if (c == u'?') {
            piece.kind = Kind::One;
        } else if (const qsizetype end = c == u'[' ? parseSet(pattern, at, piece) : -1; end > 0) {
            at = end;
        } else {
            piece = {Kind::Literal, false, QString(c)}; // an unclosed [ is a plain character
        }
        m_pieces.append(piece);
    }
}

qsizetype Glob::parseSet(QStringView pattern, qsizetype at, Piece &piece)
{
    Piece found{Kind::Set, false, {}};
    if (at < pattern.size() && pattern.at(at) == u'!') {
        found.negated = true;
        ++at;
    }
    for (bool first = true; at < pattern.size(); first = false) {
        const QChar c = pattern.at(at++);
        if (c == u']' && !first) { // a ] in first place stands for itself
            piece = found;
            return at;
        }
        const bool range =
            at + 1 < pattern.size() && pattern.at(at) == u'-' && pattern.at(at + 1) != u']';
        found.set += c;
        found.set += range ? pattern.at(at + 1) : c;
        at += range ? 2 : 0;
    }
    return -1;
}

bool Glob::accepts(const Piece &piece, QChar c)
{
    if (piece.kind == Kind::One)
        return true;
    if (piece.kind == Kind::Literal)
        return piece.set.at(0) == c;
    for (qsizetype i = 0; i + 1 < piece.set.size(); i += 2) {
        if (piece.set.at(i) <= c && c <= piece.set.at(i + 1))
            return !piece.negated;
    }
    return piece.negated;
}

bool Glob::matches(QStringView name) const
{
    // Only the last * can be worth another try, so there is one place to go back to.
    qsizetype at = 0;
    qsizetype piece = 0;
    qsizetype retryPiece = -1;
    qsizetype retryAt = 0;
    while (at < name.size()) {
        if (piece < m_pieces.size() && m_pieces.at(piece).kind == Kind::Any) {
            retryPiece = ++piece;
            retryAt = at;
        } else if (piece < m_pieces.size() && accepts(m_pieces.at(piece), name.at(at))) {
            ++piece;
            ++at;
        } else if (retryPiece >= 0) {
            piece = retryPiece;
            at = ++retryAt;
        } else {
            return false;
        }
    }
    while (piece < m_pieces.size() && m_pieces.at(piece).kind == Kind::Any)
        ++piece;
    return piece == m_pieces.size();
}

GlobList GlobList::parse(const QString &text)
{
    return fromList(text.split(u','));
}

GlobList GlobList::fromList(const QStringList &patterns)
{
    GlobList list;
    for (const QString &pattern : patterns) {
        if (const QString trimmed = pattern.trimmed(); !trimmed.isEmpty())
            list.m_globs.append(Glob(trimmed));
    }
    return list;
}

bool GlobList::matches(QStringView name) const
{
    return std::any_of(m_globs.begin(), m_globs.end(),
                       [name](const Glob &glob) { return glob.matches(name); });
}

} // namespace bridge::config
