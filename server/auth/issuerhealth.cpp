// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/issuerhealth.h"

#include "common/logging/categories.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

void IssuerHealth::tell(Part part, const std::optional<QString> &now)
{
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

QJsonObject IssuerHealth::toJson() const
{
    QJsonObject json{{"issuer"_L1, m_issuer},
                     {"state"_L1, isTroubled() ? u"unreachable"_s
                                  : m_wasAsked ? u"reachable"_s
                                               : u"unknown"_s}};
    if (isTroubled())
        json.insert("detail"_L1, problem());
    return json;
}

} // namespace bridge::auth
