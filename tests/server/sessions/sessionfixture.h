// SPDX-License-Identifier: GPL-3.0-or-later
// A SessionManager over fake servers, and answers as values to compare.
#pragma once

#include "fakeserver.h"
#include "server/sessions/sessionmanager.h"
#include "server/upstream/childbudget.h"

#include <QtTest/QtTest>

namespace sessionstest {

/// The outcome of one Call, once it is there.
template <typename T>
struct Got {
    std::optional<Result<T>> result;
    Call call;

    Handler<T> handler()
    {
        return [this](Result<T> outcome) {
            if (result)
                qFatal("answered twice");
            result.emplace(std::move(outcome));
        };
    }
    bool isThere() const { return result.has_value(); }
    bool isOk() const { return result && result->ok(); }
    const T &value() const { return result->value(); }
    const Error &error() const { return result->error(); }
    /// The code of the failure, Internal when there is none (no test expects that one).
    ErrorCode code() const { return result && !result->ok() ? error().code : ErrorCode::Internal; }
};
using GotSession = Got<sessions::SessionPtr>;
using GotOutcome = Got<sessions::ToolOutcome>;

class Fixture
{
public:
    explicit Fixture(sessions::SessionLimits limits = {})
        : server(definition(), std::make_shared<upstream::ChildBudget>(0))
        , manager(std::make_unique<sessions::SessionManager>(
              std::move(*sessions::makeSessionStore(u"memory"_s)), limits, nullptr,
              opener.function()))
    {
    }

    static upstream::ServerDefinition definition()
    {
        upstream::ServerDefinition made;
        made.name = u"default"_s;
        made.command = {u"unused"_s};
        return made;
    }

    void start(GotSession &got, const QString &id = {}, const QString &owner = u"anonymous"_s)
    {
        upstream::Identity identity;
        identity.owner = owner;
        got.call = manager->start(&server, identity, {}, id, got.handler());
    }

    Result<sessions::SessionPtr> find(const QString &id, const QString &owner = u"anonymous"_s)
    {
        return manager->find(owner, u"default"_s, id);
    }

    FakeOpener opener;
    upstream::Server server;
    std::unique_ptr<sessions::SessionManager> manager;
};

/// A fixture with one session that runs.
class Running : public Fixture
{
public:
    explicit Running(sessions::SessionLimits limits = {}, bool isModern = false) : Fixture(limits)
    {
        opener.isModern = isModern;
        start(m_got, u"s"_s);
        if (!QTest::qWaitFor([this] { return m_got.isOk(); }))
            qFatal("the session did not start");
        session = std::exchange(m_got.result, std::nullopt)->value();
    }
    FakeServer &fake() { return *opener.server(); }

    sessions::SessionPtr session;

private:
    GotSession m_got;
};

inline sessions::ToolRequest request(const QString &tool)
{
    sessions::ToolRequest made;
    made.tool = tool;
    made.arguments = "{}"_ba;
    return made;
}

inline bool isSuspended(const GotOutcome &got)
{
    return got.isOk() && got.value().suspended;
}

inline void callTool(sessions::Session &session, GotOutcome &got, const QString &tool)
{
    got.call = session.callTool(request(tool), got.handler());
}

inline void resumeTool(sessions::Session &session, GotOutcome &got, const QString &tool,
                       const QJsonValue &feedback)
{
    got.call = session.resumeTool(tool, feedback, {}, got.handler());
}

} // namespace sessionstest
