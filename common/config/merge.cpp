// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/merge.h"

#include "common/config/openness.h"
#include "common/config/suggest.h"
#include "common/config/value.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QFileInfo>
#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

constexpr qint64 kLargestSecret = 64 * 1024;

Result<QJsonValue> readSecret(const Assignment &assignment)
{
    if (!assignment.value.isString())
        return Error(ErrorCode::InvalidConfig, u"must name a file."_s);
    const QString path = QDir(assignment.directory).absoluteFilePath(assignment.value.toString());
    const Result<QByteArray> content = readSmallFile(path, kLargestSecret);
    if (!content)
        return content.error();
    const QString secret = QString::fromUtf8(*content).trimmed();
    if (secret.isEmpty())
        return Error(ErrorCode::InvalidConfig, u"names an empty file."_s);
    return parseValue(*assignment.option, secret);
}

QString noSuchServer(const QString &name, const QStringList &known)
{
    if (known.isEmpty())
        return u"names \"%1\", but no file gives mcpServers; name one with --config."_s.arg(name);
    return u"names \"%1\", which is no server of mcpServers in the file.%2 There are: %3."_s.arg(
        name, didYouMean(name, known), known.join(", "_L1));
}

/// Settings that do nothing, as the one they belong to is missing.
QStringList noticeLonely(const Settings &settings)
{
    QStringList notices;
    const auto given = [&](const QString &name) {
        return settings.table().find(name) && settings.isSet(name)
               && !settings.text(name).trimmed().isEmpty();
    };
    const auto lists = [&](const QString &name) {
        return settings.table().find(name) && !settings.list(name).isEmpty();
    };
    if (given(u"VAULT_FILE"_s) && !given(u"VAULT_KEY"_s))
        notices.append(u"VAULT_FILE has no effect without VAULT_KEY: the vault is off. "
                       "`mcp-bridge vault new-key` prints a key."_s);
    if (given(u"MCP_REMOTE_CLIENT_ID"_s) && !given(u"MCP_REMOTE_SERVER_OAUTH_ISSUER"_s))
        notices.append(
            u"MCP_REMOTE_CLIENT_ID has no effect without MCP_REMOTE_SERVER_OAUTH_ISSUER: "
            "it is only shown to the authorization server it was registered at, and "
            "users cannot connect accounts until that is named."_s);
    if (given(u"AUDIT_KEY"_s)) {
        static const QStringList noFile{u""_s, u"false"_s, u"off"_s, u"log"_s, u"true"_s, u"on"_s};
        if (noFile.contains(settings.text(u"AUDIT_LOG"_s).trimmed().toLower()))
            notices.append(u"AUDIT_KEY has no effect unless AUDIT_LOG names a file."_s);
    }
    const bool hasIssuer = given(u"AUTH_BASE_URL"_s) || given(u"OAUTH_ISSUER_URL"_s)
                           || given(u"OAUTH_TOKEN_ENDPOINT"_s) || given(u"ENTRA_TENANT_ID"_s)
                           || (settings.table().find(u"AUTH_ISSUERS"_s)
                               && !settings.json(u"AUTH_ISSUERS"_s).toArray().isEmpty());
    if (given(u"OAUTH_CLIENT_ID"_s) && !hasIssuer)
        notices.append(u"OAUTH_CLIENT_ID has no effect without an issuer: nobody can log in and "
                       "no token is verified. Set OAUTH_ISSUER_URL or AUTH_BASE_URL."_s);
    if (lists(u"OAUTH_AUDIENCE"_s) && !hasIssuer)
        notices.append(u"OAUTH_AUDIENCE has no effect without an issuer: no token is verified. Set "
                       "OAUTH_ISSUER_URL or AUTH_BASE_URL."_s);
    const bool hasProxy = settings.table().find(u"AUTH_TRUST_PROXY_HEADERS"_s)
                          && settings.boolean(u"AUTH_TRUST_PROXY_HEADERS"_s);
    if (lists(u"BRIDGE_ADMIN_GROUPS"_s) && !hasIssuer && !hasProxy)
        notices.append(u"BRIDGE_ADMIN_GROUPS makes nobody an administrator: without an issuer or a "
                       "proxy nothing tells who is in a group. Set OAUTH_ISSUER_URL, AUTH_BASE_URL "
                       "or AUTH_TRUST_PROXY_HEADERS, or use ADMIN_TOKEN instead."_s);
    return notices;
}

} // namespace

Merge::Merge(const OptionTable &table) : m_table(table), m_settings(table)
{
}

Result<QJsonValue> Merge::valueOf(const Assignment &assignment) const
{
    if (assignment.secretFile)
        return readSecret(assignment);
    const Option &option = *assignment.option;
    Result<QJsonValue> value = assignment.fromJson
                                   ? parseFileValue(option, assignment.value)
                                   : parseValue(option, assignment.value.toString());
    if (value && option.type == OptionType::Path && !value->toString().isEmpty())
        return QJsonValue(QDir(assignment.directory).absoluteFilePath(value->toString()));
    return value;
}

void Merge::checkKeyFile(const Assignment &assignment)
{
    const Openness openness =
        opennessOf(QDir(assignment.directory).absoluteFilePath(assignment.value.toString()));
    if (openness == Openness::Careless)
        m_problems.append({assignment.where,
                           u"names a file that others than its owner may open, and whoever reads "
                           "the key reads what is kept for users. Run chmod 600 on it; if somebody "
                           "may have read it, exchange the key (`mcp-bridge vault --help`)."_s});
    else if (openness == Openness::Foreign)
        m_notices.append(u"%1 names a file of another user that others may open too. Make sure "
                         "that only the bridge can reach it."_s.arg(assignment.where));
}

void Merge::apply(const Layer &layer)
{
    QHash<const Option *, std::pair<QString, QJsonValue>> seen;
    for (const Assignment &assignment : layer.assignments) {
        const Option &option = *assignment.option;
        const Result<QJsonValue> value = valueOf(assignment);
        if (!value) {
            m_problems.append({assignment.where, value.error().message});
            continue;
        }
        if (assignment.secretFile && option.name == "VAULT_KEY"_L1)
            checkKeyFile(assignment);
        if (option.ignored)
            m_notices.append(u"%1 has no effect. %2"_s.arg(assignment.where, option.help));
        // Two names of one setting must agree; the same flag twice is a habit of scripts. Of
        // HTTPS_PROXY and https_proxy the lower case wins, as with other programs.
        const auto other = seen.constFind(&option);
        if (other != seen.constEnd()
            && other->first.compare(assignment.where, Qt::CaseInsensitive) != 0
            && other->second != *value && layer.source != Source::CommandLine) {
            m_problems.append(
                {assignment.where,
                 u"and %1 are the same setting and differ; keep one of them."_s.arg(other->first)});
        }
        seen.insert(&option, {assignment.where, *value});
        m_settings.set(option.name, *value, layer.source);
    }
    for (const auto &[name, value] : layer.familyValues) {
        const QString &prefix = m_table.findFamily(name)->prefix;
        m_settings.setFamilyValue(prefix, name.mid(prefix.size()), value);
    }
}

QList<FieldProblem> checkTogether(const Settings &settings, const QStringList &serverNames)
{
    QList<FieldProblem> problems;
    const auto given = [&](const QString &name) {
        return settings.table().find(name) && !settings.text(name).isEmpty();
    };
    if (given(u"MCP_RUN_ON_START"_s) && given(u"MCP_RUN_ON_START_INHERIT_ENVIRONMENT"_s))
        problems.append({u"MCP_RUN_ON_START"_s,
                         u"and MCP_RUN_ON_START_INHERIT_ENVIRONMENT are both set; keep one."_s});
    const QString name = u"MCP_DEFAULT_SERVER"_s;
    if (given(name) && !serverNames.contains(settings.text(name)))
        problems.append({name, noSuchServer(settings.text(name), serverNames)});
    return problems;
}

QStringList noticeTogether(const Settings &settings, bool commandGiven)
{
    QStringList notices;
    const QString command = u"MCP_SERVER_COMMAND"_s;
    if (commandGiven && settings.table().find(command) && !settings.text(command).isEmpty())
        notices.append(u"The command after -- is used, not MCP_SERVER_COMMAND."_s);
    const QString origins = u"CORS_ORIGINS"_s;
    const QString credentials = u"CORS_ALLOW_CREDENTIALS"_s;
    if (settings.table().find(origins) && settings.list(origins).contains("*"_L1)
        && settings.isSet(credentials) && settings.boolean(credentials))
        notices.append(u"CORS_ALLOW_CREDENTIALS has no effect while CORS_ORIGINS holds *; "
                       "name the origins."_s);
    return notices + noticeLonely(settings);
}

Result<QByteArray> readSmallFile(const QString &path, qint64 limit)
{
    QFile file(path);
    if (QFileInfo(path).isDir())
        return Error(ErrorCode::InvalidConfig, u"names a folder; name a file."_s);
    if (!file.open(QIODevice::ReadOnly))
        return Error(ErrorCode::InvalidConfig,
                     u"names a file that cannot be read: %1."_s.arg(file.errorString()));
    QByteArray content = file.read(limit + 1);
    if (content.size() > limit)
        return Error(ErrorCode::InvalidConfig,
                     u"names a file of more than %1 bytes, which is too large."_s.arg(limit));
    return content;
}

} // namespace bridge::config
