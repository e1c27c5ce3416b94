// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/policy.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

constexpr qsizetype kMaxRules = 1'000;
const QString kPlace = u"file: bridge.policy"_s;

bool has(const QStringList &granted, const QStringList &needed)
{
    return std::all_of(needed.cbegin(), needed.cend(),
                       [&](const QString &scope) { return granted.contains(scope); });
}

QString outcomeName(Decision::Outcome outcome)
{
    switch (outcome) {
    case Decision::Outcome::Allowed:
        return u"allow"_s;
    case Decision::Outcome::Hidden:
        return u"deny"_s;
    case Decision::Outcome::ScopeNeeded:
        break;
    }
    return u"insufficient_scope"_s;
}

} // namespace

Result<Policy> Policy::load(const QJsonValue &json, const KnownNames &known)
{
    Policy policy;
    policy.m_json = json;
    if (json.isUndefined())
        return policy;
    QList<FieldProblem> problems;
    Reading reading(problems);
    const QJsonObject object = json.toObject();
    if (!json.isObject())
        reading.problem(kPlace, u"must be an object with default and rules."_s);
    else
        reading.checkKeys(kPlace, object, {u"default"_s, u"rules"_s});
    const QString fallback = object["default"_L1].toString();
    policy.m_allowsByDefault = fallback == "allow"_L1;
    if (json.isObject() && !policy.m_allowsByDefault && fallback != "deny"_L1)
        reading.problem(kPlace + u".default"_s, u"must say \"allow\" or \"deny\": what happens to "
                                                "what no rule is about."_s);
    const QJsonValue rules = object["rules"_L1];
    if (!rules.isUndefined() && !rules.isArray())
        reading.problem(kPlace + u".rules"_s, u"must be an array of rules."_s);
    const QJsonArray list = rules.toArray();
    if (list.size() > kMaxRules)
        reading.problem(kPlace + u".rules"_s,
                        u"holds more than %1 rules. Use patterns."_s.arg(kMaxRules));
    for (qsizetype i = 0; i < std::min(list.size(), kMaxRules); ++i)
        policy.m_rules.append(
            Rule::read(reading, placeOf(kPlace + u".rules"_s, i), list[i], known));
    if (problems.isEmpty())
        return policy;
    Error error(ErrorCode::InvalidConfig, u"The policy has problems."_s);
    error.problems = std::move(problems);
    return error;
}

bool Policy::looksAtArguments() const
{
    return std::any_of(m_rules.cbegin(), m_rules.cend(),
                       [](const Rule &rule) { return rule.hasArguments(); });
}

const auth::Principal &Policy::known(const auth::Principal &principal) const
{
    // What nobody has checked says nothing about who it is.
    return principal.isVerified ? principal : *auth::anonymous();
}

Decision Policy::find(const auth::Principal &principal, const Action &action,
                      const Passed &passed) const
{
    Decision decision;
    for (qsizetype i = 0; i < m_rules.size(); ++i) {
        const Rule &rule = m_rules[i];
        QString condition = rule.mismatch(principal, action);
        if (condition.isEmpty() && rule.hasArguments()) {
            if (action.arguments)
                condition = rule.argumentMismatch(principal, *action.arguments);
            else if (!rule.allows(principal))
                condition = u"arguments"_s; // others may be allowed
        }
        if (!condition.isEmpty()) {
            if (passed)
                passed(i, condition);
            continue;
        }
        decision.rule = int(i);
        if (!rule.allows(principal)) {
            decision.outcome = Decision::Outcome::Hidden;
        } else if (action.isCall && !has(principal.scopes, rule.requiredScopes())) {
            decision.outcome = Decision::Outcome::ScopeNeeded;
            decision.scopes = rule.requiredScopes();
        }
        return decision;
    }
    if (!m_allowsByDefault)
        decision.outcome = Decision::Outcome::Hidden;
    return decision;
}

Decision Policy::decide(const auth::Principal &principal, const Action &action) const
{
    return isEmpty() ? Decision() : find(known(principal), action, {});
}

bool Policy::showsServer(const auth::Principal &principal, const QString &server) const
{
    const auth::Principal &caller = known(principal);
    for (const Rule &rule : m_rules) {
        const Rule::Reach reach = rule.reach(caller, server);
        if (reach == Rule::Reach::Nothing)
            continue;
        if (rule.allows(caller))
            return true;
        if (reach == Rule::Reach::Everything)
            return false;
    }
    return m_allowsByDefault;
}

QString Policy::ruleName(const Decision &decision) const
{
    if (decision.rule < 0 || decision.rule >= m_rules.size())
        return u"default"_s;
    const QString &name = m_rules[decision.rule].name();
    return name.isEmpty() ? u"rule %1"_s.arg(decision.rule) : name;
}

QJsonObject Policy::explain(const auth::Principal &principal, const Action &action) const
{
    QJsonArray skipped;
    const auto label = [this](qsizetype rule) {
        QJsonObject entry{{"rule"_L1, rule}};
        if (!m_rules[rule].name().isEmpty())
            entry.insert("name"_L1, m_rules[rule].name());
        return entry;
    };
    const Decision decision =
        find(known(principal), action, [&](qsizetype rule, const QString &condition) {
            QJsonObject entry = label(rule);
            entry.insert("does_not_fit"_L1, condition);
            skipped.append(entry);
        });
    QJsonObject told{{"decision"_L1, outcomeName(decision.outcome)}, {"passed_over"_L1, skipped}};
    if (decision.rule < 0) {
        told.insert("rule"_L1, QJsonValue::Null);
        told.insert("reason"_L1, isEmpty() ? u"There is no policy, so everything is allowed."_s
                                           : u"No rule is about it, so the default decides."_s);
        return told;
    }
    const QJsonObject entry = label(decision.rule);
    told.insert("rule"_L1, entry["rule"_L1]);
    if (entry.contains("name"_L1))
        told.insert("rule_name"_L1, entry["name"_L1]);
    QString reason = u"The first rule that is about it decides."_s;
    if (decision.outcome == Decision::Outcome::ScopeNeeded) {
        reason = u"The first rule that is about it asks for scopes the caller lacks."_s;
        told.insert("scope"_L1, decision.scopes.join(u' '));
    } else if (decision.isHidden() && m_rules[decision.rule].asksForScopes()) {
        reason = u"The first rule that is about it asks for scopes, and those of the caller's "
                 "issuer count only where a rule names it in issuers."_s;
    }
    told.insert("reason"_L1, reason);
    return told;
}

std::optional<Error> refusalOf(const Decision &decision, const auth::Principal &principal,
                               const Error &missing)
{
    if (decision.isAllowed())
        return std::nullopt;
    if (decision.isHidden())
        return missing;
    const QString scopes = decision.scopes.join(u' ');
    Error error = principal.isAnonymous()
                      ? Error(ErrorCode::Unauthorized,
                              u"This needs an access token with the scope \"%1\"."_s.arg(scopes))
                      : Error(ErrorCode::InsufficientScope,
                              u"This needs the scope \"%1\", which your access token lacks. Get "
                              "one with it."_s.arg(scopes));
    error.extra.insert("scope"_L1, scopes);
    return error;
}

} // namespace bridge::policy
