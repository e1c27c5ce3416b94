// SPDX-License-Identifier: GPL-3.0-or-later
// Who may see and use what: the one place that decides it, for listings and calls, on every way
// into the bridge. Rules come from `bridge.policy` of the configuration file; the first that is
// about a caller and what he wants decides. What is denied is not there: it is missing in listings,
// and calling it is answered like calling something that does not exist.
#pragma once

#include "common/base/result.h"
#include "server/policy/rule.h"

#include <functional>
#include <optional>

namespace bridge::policy {

struct Decision {
    enum class Outcome {
        Allowed,
        Hidden,     ///< behave as if it were not there
        ScopeNeeded ///< the caller could have it with another token
    };
    Outcome outcome = Outcome::Allowed;
    int rule = -1;      ///< its place in the list; -1 = the default
    QStringList scopes; ///< those that are needed, all of them

    bool isAllowed() const { return outcome == Outcome::Allowed; }
    bool isHidden() const { return outcome == Outcome::Hidden; }
};

class Policy
{
public:
    /// Without rules; everything is allowed.
    Policy() = default;
    /// \a json as under `bridge.policy`; undefined = no policy. All problems are in
    /// Error::problems, `path` telling the place.
    static Result<Policy> load(const QJsonValue &json, const KnownNames &known);

    /// Whether some decision depends on the arguments of a call.
    bool looksAtArguments() const;
    /// Nothing depends on who asks.
    bool isEmpty() const { return m_rules.isEmpty() && m_allowsByDefault; }

    Decision decide(const auth::Principal &principal, const Action &action) const;
    /// Whether there may be anything on \a server for \a principal. False only where the rules
    /// keep all of it from him, whatever that is.
    bool showsServer(const auth::Principal &principal, const QString &server) const;
    /// What people call the rule that made \a decision: its name, `rule 3` or `default`.
    QString ruleName(const Decision &decision) const;
    /// The decision for people: decision, rule, reason, and for each rule in order why it was
    /// passed over.
    QJsonObject explain(const auth::Principal &principal, const Action &action) const;

    friend bool operator==(const Policy &a, const Policy &b) { return a.m_json == b.m_json; }

    /// As whom \a principal is taken: as nobody when his claims were only read.
    const auth::Principal &known(const auth::Principal &principal) const;

private:
    using Passed = std::function<void(qsizetype rule, const QString &condition)>;
    Decision find(const auth::Principal &principal, const Action &action,
                  const Passed &passed) const;

    QJsonValue m_json{QJsonValue::Undefined};
    QList<Rule> m_rules;
    bool m_allowsByDefault = true;
};

/// What a call is answered when \a decision is not to allow it; \a missing is the answer for
/// something that does not exist. Unauthorized or InsufficientScope name the scopes in
/// Error::extra["scope"], separated by spaces.
std::optional<Error> refusalOf(const Decision &decision, const auth::Principal &principal,
                               const Error &missing);

} // namespace bridge::policy
