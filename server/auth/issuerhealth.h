// SPDX-License-Identifier: GPL-3.0-or-later
// Whether an issuer could be asked when it was asked last: for its document and keys, and about
// tokens. What changes is told in the log, once:
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
    enum class Part { Document, Keys, Introspection };

    /// \a isIntrospected: it is asked about tokens.
    explicit IssuerHealth(QString issuer, bool isIntrospected = false)
        : m_issuer(std::move(issuer))
        , m_isIntrospected(isIntrospected)
    {
    }

    /// \a problem: a sentence without secrets; nothing = it went well.
    void tell(Part part, const std::optional<QString> &problem);
    /// Its document or its keys are not to be had.
    bool isTroubled() const { return !problem().isEmpty(); }
    /// `issuer`, `state` (reachable, unreachable or unknown) and what is wrong as `detail`; where
    /// it is asked about tokens `introspection` with a `state` (working, failing or unknown) and
    /// `detail` of its own.
    QJsonObject toJson() const;

private:
    QString problem() const { return m_problems[0].isEmpty() ? m_problems[1] : m_problems[0]; }
    void tellIntrospection(const QString &problem);
    QJsonObject introspectionJson() const;

    QString m_issuer;
    std::array<QString, 2> m_problems; ///< of Document and Keys
    QString m_introspectionProblem;
    bool m_isIntrospected;
    bool m_wasAsked = false;
    bool m_wasIntrospected = false;
};

} // namespace bridge::auth
