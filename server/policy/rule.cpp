// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/rule.h"

#include <QtCore/QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

/// The hints of MCP mean something when they are absent too ("ToolAnnotations"): a tool that says
/// nothing may change, destroy and reach anything.
bool hintOf(const QJsonObject *annotations, const QString &name)
{
    static const QJsonObject none;
    const QJsonObject &given = annotations ? *annotations : none;
    const bool readOnly = given.value("readOnlyHint"_L1).toBool(false);
    if (name == "readOnlyHint"_L1)
        return readOnly;
    if (name == "destructiveHint"_L1)
        return !readOnly && given.value(name).toBool(true);
    if (name == "openWorldHint"_L1)
        return given.value(name).toBool(true);
    return given.value(name).toBool(false);
}

/// Scopes as one text with spaces or as a list (RFC 6749 §3.3).
QStringList readScopes(Reading &reading, const QString &place, const QJsonValue &value)
{
    static const QRegularExpression token(u"^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$"_s);
    QStringList scopes;
    const QStringList given = reading.texts(place, value).value_or(QStringList());
    for (const QString &text : given)
        scopes += text.split(u' ', Qt::SkipEmptyParts);
    for (const QString &scope : std::as_const(scopes)) {
        if (!token.match(scope).hasMatch())
            reading.problem(place, u"holds \"%1\", which is no name of a scope."_s.arg(scope));
    }
    return scopes;
}

} // namespace

Rule Rule::read(Reading &reading, const QString &place, const QJsonValue &value,
                const KnownNames &known)
{
    Rule rule;
    if (!value.isObject()) {
        reading.problem(place, u"must be an object with effect and what it is about."_s);
        return rule;
    }
    const QJsonObject object = value.toObject();
    reading.checkKeys(place, object,
                      QStringList{u"name"_s, u"effect"_s, u"servers"_s, u"tools"_s, u"prompts"_s,
                                  u"resources"_s, u"annotations"_s, u"arguments"_s,
                                  u"requireScope"_s}
                          + Who::keys());
    const auto globs = [&](const QString &key) {
        return reading.globs(place + u'.' + key, object[key]);
    };
    rule.m_name = reading.text(place + u".name"_s, object["name"_L1]);
    const QString effect = object["effect"_L1].toString();
    rule.m_allows = effect == "allow"_L1;
    if (!rule.m_allows && effect != "deny"_L1)
        reading.problem(place + u".effect"_s, u"must be \"allow\" or \"deny\"."_s);
    rule.m_servers =
        reading.serverGlobs(place + u".servers"_s, object["servers"_L1], known.servers);
    rule.m_tools = globs(u"tools"_s);
    rule.m_prompts = globs(u"prompts"_s);
    rule.m_resources = globs(u"resources"_s);
    const QString scopePlace = place + u".requireScope"_s;
    rule.m_requiredScopes = readScopes(reading, scopePlace, object["requireScope"_L1]);
    rule.m_who = Who::read(reading, place, object, known, !rule.m_allows || rule.asksForScopes());
    rule.readHints(reading, place + u".annotations"_s, object["annotations"_L1]);
    rule.readArguments(reading, place + u".arguments"_s, object["arguments"_L1]);
    if (!rule.m_requiredScopes.isEmpty() && !rule.m_allows)
        reading.problem(scopePlace, u"belongs to rules that allow: who has the scope may."_s);
    const bool isOfTools = !rule.m_hints.isEmpty() || rule.hasArguments();
    if (isOfTools && (rule.m_prompts || rule.m_resources))
        reading.problem(place, u"has annotations or arguments, which only tools have, beside "
                               "prompts or resources. Make two rules of it."_s);
    return rule;
}

void Rule::readHints(Reading &reading, const QString &place, const QJsonValue &value)
{
    if (value.isUndefined())
        return;
    const QJsonObject object = value.toObject();
    if (object.isEmpty())
        reading.problem(place, u"must be an object such as {\"readOnlyHint\": true}."_s);
    reading.checkKeys(
        place, object,
        {u"readOnlyHint"_s, u"destructiveHint"_s, u"idempotentHint"_s, u"openWorldHint"_s});
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (!it->isBool())
            reading.problem(place + u'.' + it.key(), u"must be true or false."_s);
        m_hints.append({it.key(), it->toBool()});
    }
}

void Rule::readArguments(Reading &reading, const QString &place, const QJsonValue &value)
{
    if (value.isUndefined())
        return;
    const QJsonObject object = value.toObject();
    if (object.isEmpty())
        reading.problem(place, u"must be an object from JSON pointer to value, such as "
                               "{\"/path\": {\"glob\": \"/data/*\"}}."_s);
    for (auto it = object.begin(); it != object.end(); ++it)
        m_arguments.append(
            ArgumentTest::read(reading, QString(place + u'.' + it.key()), it.key(), it.value()));
}

bool Rule::isAbout(const Action &action, Purpose purpose) const
{
    const bool isOfTools = !m_hints.isEmpty() || hasArguments();
    if (!isOfTools && !m_tools && !m_prompts && !m_resources)
        return true;
    switch (action.kind) {
    case Action::Kind::Tool:
        return m_tools ? m_tools->matches(action.name) : isOfTools;
    case Action::Kind::Prompt:
        return m_prompts && m_prompts->matches(action.name);
    case Action::Kind::Resource:
        break;
    }
    return m_resources && fitsUri(action.name, purpose);
}

bool Rule::fitsUri(const QString &uri, Purpose purpose) const
{
    if (purpose == Purpose::Allow)
        return m_resources->matches(uri) && !climbs(uri);
    return m_resources->matches(uri) || m_resources->matches(resolvedPath(uri));
}

bool Rule::fitsHints(const QJsonObject *annotations) const
{
    return std::all_of(m_hints.cbegin(), m_hints.cend(), [&](const Hint &hint) {
        return hintOf(annotations, hint.name) == hint.value;
    });
}

QString Rule::mismatch(const auth::Principal &principal, const Action &action) const
{
    if (m_servers && !m_servers->matches(action.server))
        return u"servers"_s;
    if (!isAbout(action, purposeFor(principal))) {
        switch (action.kind) {
        case Action::Kind::Tool:
            return u"tools"_s;
        case Action::Kind::Prompt:
            return u"prompts"_s;
        case Action::Kind::Resource:
            return u"resources"_s;
        }
    }
    if (!fitsHints(action.annotations) && action.kind == Action::Kind::Tool)
        return u"annotations"_s;
    return m_who.mismatch(principal);
}

Rule::Reach Rule::reach(const auth::Principal &principal, const QString &server) const
{
    if ((m_servers && !m_servers->matches(server)) || !m_who.mismatch(principal).isEmpty())
        return Reach::Nothing;
    const bool isNarrow =
        m_tools || m_prompts || m_resources || !m_hints.isEmpty() || hasArguments();
    return isNarrow ? Reach::Some : Reach::Everything;
}

QString Rule::argumentMismatch(const auth::Principal &principal, const QJsonObject &arguments) const
{
    const Purpose purpose = purposeFor(principal);
    for (const ArgumentTest &test : m_arguments) {
        if (!test.holds(arguments, purpose))
            return test.pointer();
    }
    return {};
}

} // namespace bridge::policy
