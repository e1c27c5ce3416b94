// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/suggest.h"

#include <algorithm>
#include <numeric>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

constexpr qsizetype kLongestWord = 80;

/// Levenshtein distance, one row at a time.
qsizetype distance(const QString &a, const QString &b)
{
    QList<qsizetype> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (qsizetype i = 0; i < a.size(); ++i) {
        qsizetype diagonal = row.at(0);
        row[0] = i + 1;
        for (qsizetype j = 0; j < b.size(); ++j) {
            const qsizetype replaced = diagonal + (a.at(i) == b.at(j) ? 0 : 1);
            diagonal = row.at(j + 1);
            row[j + 1] = std::min({replaced, row.at(j) + 1, diagonal + 1});
        }
    }
    return row.last();
}

} // namespace

QString nearest(const QString &word, const QStringList &known)
{
    if (word.size() > kLongestWord)
        return {};
    const QString wanted = word.toLower();
    qsizetype best = std::min<qsizetype>(3, wanted.size() / 3) + 1;
    QString found;
    for (const QString &candidate : known) {
        if (std::abs(candidate.size() - wanted.size()) >= best)
            continue;
        if (const qsizetype d = distance(wanted, candidate.toLower()); d < best) {
            best = d;
            found = candidate;
        }
    }
    return found;
}

QString didYouMean(const QString &word, const QStringList &known)
{
    const QString name = nearest(word, known);
    return name.isEmpty() ? QString() : u" Did you mean %1?"_s.arg(name);
}

} // namespace bridge::config
