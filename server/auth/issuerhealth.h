// SPDX-License-Identifier: GPL-3.0-or-later
// Whether an issuer could be asked when it was asked last. What changes is told in the log, once:
// an outage must not become a line for each request. Main thread.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QString>

#include <array>
#include <optional>

namespace bridge::auth {

class IssuerHealth
{
public:
    enum class Part { Document, Keys };

    explicit IssuerHealth(QString issuer) : m_issuer(std::move(issuer)) {}

    /// \a problem: a sentence without secrets; nothing = it went well.
    void tell(Part part, const std::optional<QString> &problem);
    bool isTroubled() const { return !problem().isEmpty(); }
    /// `issuer`, `state` (reachable, unreachable or unknown) and what is wrong as `detail`.
    QJsonObject toJson() const;

private:
    QString problem() const { return m_problems[0].isEmpty() ? m_problems[1] : m_problems[0]; }

    QString m_issuer;
    std::array<QString, 2> m_problems; ///< by Part
    bool m_wasAsked = false;
};

} // namespace bridge::auth
