// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/questions.h"

#include <QtCore/QJsonArray>
#include <QtCore/QUuid>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

QJsonObject questionFor(const mcp::InputRequest &input, const ClientProfile &profile)
{
    QJsonObject params = input.params;
    // The token, and whatever else is there, is about the server's connection, not the client's.
    params.remove("_meta"_L1);
    params.remove("task"_L1);
    const bool isModern = profile.era == mcp::Era::Modern;
    if (!input.isElicitation())
        return params;
    // Modes came with 2025-11-25; before there were forms only.
    if (!isModern && profile.revision < "2025-11-25"_L1)
        params.remove("mode"_L1);
    // Only that revision names what happens behind a URL.
    if (isModern)
        params.remove("elicitationId"_L1);
    else if (params.value("mode"_L1) == "url"_L1 && !params.contains("elicitationId"_L1))
        params.insert("elicitationId"_L1, QUuid::createUuid().toString(QUuid::WithoutBraces));
    return params;
}

Result<Nothing> checkResponse(const QString &method, const QJsonValue &response)
{
    const auto wrong = [](const QString &what) { return Error(ErrorCode::InvalidArguments, what); };
    if (!response.isObject())
        return wrong(u"must be an object."_s);
    if (method == "elicitation/create"_L1) {
        const QString action = response["action"_L1].toString();
        if (action != "accept"_L1 && action != "decline"_L1 && action != "cancel"_L1)
            return wrong(u"needs an `action` that is `accept`, `decline` or `cancel`."_s);
        const QJsonValue content = response["content"_L1];
        if (!content.isUndefined() && !content.isObject())
            return wrong(u"has a `content` that is no object."_s);
    } else if (method == "sampling/createMessage"_L1) {
        if (!response["role"_L1].isString() || !response["model"_L1].isString()
            || response["content"_L1].isUndefined())
            return wrong(u"needs `role`, `content` and `model`."_s);
    } else if (method == "roots/list"_L1 && !response["roots"_L1].isArray()) {
        return wrong(u"needs a list of `roots`."_s);
    }
    return Nothing{};
}

} // namespace bridge::gateway
