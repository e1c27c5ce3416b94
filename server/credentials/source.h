// SPDX-License-Identifier: GPL-3.0-or-later
// What a server's connection asks for the credential of one caller. Outlives requests: with a newer
// token of the same caller it goes on with that.
#pragma once

#include "server/credentials/broker.h"

#include <QtCore/QPointer>

namespace bridge::credentials {

class Source : public upstream::CredentialSource
{
public:
    Source(Broker *broker, auth::PrincipalPtr caller, PlanPtr plan, auth::Origin origin = {});

    QByteArray scope() const override;
    bool isCallersOwn() const override;
    bool isOptional() const override;
    bool mayFallBack() const override;
    std::optional<upstream::HeldCredential> now() override;
    Call get(Handler<upstream::HeldCredential> handler) override;
    Call renew(const QByteArray &rejected, const httpclient::Headers &refusal,
               Handler<upstream::HeldCredential> handler) override;

private:
    auth::PrincipalPtr caller() const;
    /// The account at the server, where he has connected one; nothing = not known yet.
    std::optional<bool> isConnected() const;

    QPointer<Broker> m_broker;
    auth::PrincipalPtr m_caller;
    PlanPtr m_plan;
    auth::Origin m_origin; ///< the request that began it
};

/// One that has nothing to give, and says why.
upstream::CredentialSourcePtr failingSource(Error error);

} // namespace bridge::credentials
