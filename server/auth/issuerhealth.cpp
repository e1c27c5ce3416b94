// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/issuerhealth.h"

#include "common/logging/categories.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

void IssuerHealth::tell(Part part, const std::optional<QString> &now)
{
    if (part == Part::Introspection)
        return tellIntrospection(now.value_or(QString()));
    const bool wasTroubled = isTroubled();
    m_wasAsked = true;
    m_problems[size_t(part)] = now.value_or(QString());
    if (!wasTroubled && isTroubled())
        qCWarning(logging::lcAuth).noquote()
            << u"The issuer %1 cannot be asked: %2 Until it can, its users are answered with 503 "
               "unless their tokens or its keys are known already."_s.arg(m_issuer, problem());
    else if (wasTroubled && !isTroubled())
        qCInfo(logging::lcAuth).noquote() << u"The issuer %1 can be asked again."_s.arg(m_issuer);
}

void IssuerHealth::tellIntrospection(const QString &problem)
{
    const QString before = std::exchange(m_introspectionProblem, problem);
    m_wasIntrospected = true;
    if (before.isEmpty() && !problem.isEmpty())
        qCWarning(logging::lcAuth).noquote()
            << u"Tokens of %1 cannot be introspected: %2"_s.arg(m_issuer, problem);
    else if (!before.isEmpty() && problem.isEmpty())
        qCInfo(logging::lcAuth).noquote()
            << u"Tokens of %1 can be introspected again."_s.arg(m_issuer);
}

QJsonObject IssuerHealth::introspectionJson() const
{
    if (!m_introspectionProblem.isEmpty())
        return {{"state"_L1, u"failing"_s}, {"detail"_L1, m_introspectionProblem}};
    return {{"state"_L1, m_wasIntrospected ? u"working"_s : u"unknown"_s}};
}

QJsonObject IssuerHealth::toJson() const
{
    QJsonObject json{{"issuer"_L1, m_issuer},
                     {"state"_L1, isTroubled() ? u"unreachable"_s
                                  : m_wasAsked ? u"reachable"_s
                                               : u"unknown"_s}};
    if (isTroubled())
        json.insert("detail"_L1, problem());
    if (m_isIntrospected)
        json.insert("introspection"_L1, introspectionJson());
    return json;
}

} // namespace bridge::auth
