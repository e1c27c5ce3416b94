// SPDX-License-Identifier: GPL-3.0-or-later
// A condition on the arguments of a call: where (a JSON pointer, in which `*` stands for every
// member or element) and what. Immutable; any thread.
#pragma once

#include "common/json/regex.h"
#include "server/policy/reading.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>

namespace bridge::policy {

/// What a rule that holds means. In doubt a test holds for rules that deny, and not for those that
/// allow: a text that climbs (`..`), an expression that takes too long.
enum class Purpose { Allow, Deny };

class ArgumentTest
{
public:
    /// \a pointer as written; \a value a plain value to equal, or an object of equals, in, glob,
    /// matches, range and exists, all of which must hold.
    static ArgumentTest read(Reading &reading, const QString &place, const QString &pointer,
                             const QJsonValue &value);

    const QString &pointer() const { return m_pointer; }
    /// To allow, every value the pointer leads to must fit, and each must be there; to deny, one
    /// is enough.
    bool holds(const QJsonObject &arguments, Purpose purpose) const;

private:
    struct Range {
        std::optional<double> minimum;
        std::optional<double> maximum;
    };

    void readRange(Reading &reading, const QString &place, const QJsonValue &value);
    bool fits(const QJsonValue &value, Purpose purpose) const;
    bool fitsText(const QString &text, Purpose purpose) const;

    QString m_pointer;
    QStringList m_tokens;
    std::optional<QJsonValue> m_equals;
    std::optional<QJsonArray> m_in;
    std::optional<config::GlobList> m_glob;
    std::optional<json::Regex> m_matches;
    std::optional<Range> m_range;
    std::optional<bool> m_exists;
};

/// Whether \a path, also percent-encoded or with the separators of Windows, has `..` as a part:
/// then its beginning does not tell where it leads.
bool climbs(const QString &path);
/// Where \a path leads: decoded, without `.`, `..`, double slashes and backslashes.
QString resolvedPath(const QString &path);

} // namespace bridge::policy
