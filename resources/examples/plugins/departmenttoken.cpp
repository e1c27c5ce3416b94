// SPDX-License-Identifier: GPL-3.0-or-later
// A token retriever: callers show their access token in a header of the company's own, and MCP
// servers get the token of the caller's department. Its settings:
//
//     {"header": "X-Department-Token", "tokens": {"engineering": "…", "default": "…"}}
#include "common/async/later.h"
#include "server/auth/retrieverplugin.h"

using namespace Qt::StringLiterals;

class DepartmentToken : public QObject, public bridge::auth::RetrieverPlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID BRIDGE_RETRIEVER_PLUGIN_IID FILE "departmenttoken.json")
    Q_INTERFACES(bridge::auth::RetrieverPlugin)

public:
    bridge::Result<bridge::Nothing> configure(const QJsonObject &settings) override
    {
        m_header = settings["header"_L1].toString().toLatin1();
        m_tokens = settings["tokens"_L1].toObject();
        if (m_header.isEmpty())
            return bridge::Error(bridge::ErrorCode::InvalidConfig,
                                 u"department-token needs the setting header."_s);
        return bridge::Nothing{};
    }

    QByteArray callerToken(const bridge::auth::AuthRequest &request) override
    {
        for (const auto &[name, value] : *request.headers) {
            if (name.compare(m_header, Qt::CaseInsensitive) == 0)
                return value;
        }
        return {};
    }

    bool retrievesTokens() const override { return !m_tokens.isEmpty(); }

    bridge::Call retrieveToken(const bridge::auth::PrincipalPtr &caller, const QString &server,
                               bridge::Handler<bridge::auth::RetrievedToken> handler) override
    {
        bridge::auth::RetrievedToken retrieved;
        retrieved.token = tokenFor(*caller);
        if (retrieved.token.isEmpty())
            return bridge::failLater(
                std::move(handler),
                bridge::Error(
                    bridge::ErrorCode::NotConnected,
                    u"Your department has no token for MCP server \"%1\". Ask for one."_s.arg(
                        server)));
        return bridge::later([handler = std::move(handler), retrieved] { handler(retrieved); });
    }

private:
    QByteArray tokenFor(const bridge::auth::Principal &caller) const
    {
        for (const QString &group : caller.groups) {
            const QString token = m_tokens[group].toString();
            if (!token.isEmpty())
                return token.toUtf8();
        }
        return m_tokens["default"_L1].toString().toUtf8();
    }

    QByteArray m_header;
    QJsonObject m_tokens;
};

#include "departmenttoken.moc"
