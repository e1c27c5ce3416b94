// SPDX-License-Identifier: GPL-3.0-or-later
// Shell globs as INCLUDE_TOOLS, EXCLUDE_TOOLS and EFFECT_TOOLS use them (contract §3.1): `*`, `?`,
// `[abc]`, `[a-z]`, `[!abc]`, case-sensitive, matching the whole name.
#pragma once

#include <QtCore/QList>
#include <QtCore/QString>
#include <QtCore/QStringList>
#include <QtCore/QStringView>

namespace bridge::config {

/// One pattern. Matching needs no recursion: at most pattern × name steps, whatever the pattern.
class Glob
{
public:
    explicit Glob(QStringView pattern);
    bool matches(QStringView name) const;
    friend bool operator==(const Glob &, const Glob &) = default;

private:
    enum class Kind { Any, One, Set, Literal };
    struct Piece {
        Kind kind = Kind::Literal;
        bool negated = false;
        QString set; ///< pairs of first and last character; for a literal the character
        friend bool operator==(const Piece &, const Piece &) = default;
    };

    static bool accepts(const Piece &piece, QChar c);
    /// Parses the set that begins behind `[`; returns the position behind `]`, -1 if it never ends.
    static qsizetype parseSet(QStringView pattern, qsizetype at, Piece &piece);

    QList<Piece> m_pieces;
};

class GlobList
{
public:
    GlobList() = default;
    /// From text separated by commas; entries are trimmed, empty ones dropped.
    static GlobList parse(const QString &text);
    static GlobList fromList(const QStringList &patterns);

    bool isEmpty() const { return m_globs.isEmpty(); }
    /// Whether any pattern matches \a name.
    bool matches(QStringView name) const;
    friend bool operator==(const GlobList &, const GlobList &) = default;

private:
    QList<Glob> m_globs;
};

} // namespace bridge::config
