// SPDX-License-Identifier: GPL-3.0-or-later
// One rule of the policy: whom and what it is about, and what it says. Immutable; any thread.
#pragma once

#include "server/auth/principal.h"
#include "server/policy/action.h"
#include "server/policy/who.h"

namespace bridge::policy {

class Rule
{
public:
    /// Reads `{"effect": "allow", …}`; what is wrong goes to \a reading.
    static Rule read(Reading &reading, const QString &place, const QJsonValue &value,
                     const KnownNames &known);

    const QString &name() const { return m_name; }
    /// Whether it can let \a principal do something. One that asks for scopes cannot where they
    /// come of an issuer that it does not mean: no token of his would do.
    bool allows(const auth::Principal &principal) const
    {
        return m_allows && (m_requiredScopes.isEmpty() || m_who.goesByNamesOf(principal));
    }
    bool asksForScopes() const { return !m_requiredScopes.isEmpty(); }
    bool hasArguments() const { return !m_arguments.isEmpty(); }
    const QStringList &requiredScopes() const { return m_requiredScopes; }

    /// The first of its conditions, by key, that \a principal or \a action does not meet, other
    /// than `arguments`; empty when it is about them.
    QString mismatch(const auth::Principal &principal, const Action &action) const;
    /// How much of what \a server has it is about, as far as it is about \a principal.
    enum class Reach { Nothing, Some, Everything };
    Reach reach(const auth::Principal &principal, const QString &server) const;
    /// The pointer of the first test of arguments that does not hold for \a principal; empty when
    /// all do.
    QString argumentMismatch(const auth::Principal &principal, const QJsonObject &arguments) const;

private:
    using Globs = std::optional<config::GlobList>;
    struct Hint {
        QString name;
        bool value = false;
    };

    void readHints(Reading &reading, const QString &place, const QJsonValue &value);
    void readArguments(Reading &reading, const QString &place, const QJsonValue &value);
    Purpose purposeFor(const auth::Principal &principal) const
    {
        return allows(principal) ? Purpose::Allow : Purpose::Deny;
    }
    bool isAbout(const Action &action, Purpose purpose) const;
    bool fitsUri(const QString &uri, Purpose purpose) const;
    bool fitsHints(const QJsonObject *annotations) const;

    QString m_name;
    bool m_allows = false;
    Globs m_servers;
    Globs m_tools;
    Globs m_prompts;
    Globs m_resources;
    Who m_who;
    QList<Hint> m_hints;
    QList<ArgumentTest> m_arguments;
    QStringList m_requiredScopes;
};

} // namespace bridge::policy
