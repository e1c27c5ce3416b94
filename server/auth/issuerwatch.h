// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the issuers for their documents and keys when the bridge starts, before the first caller
// does, and again while one of them cannot be asked. Keeps nobody waiting. Main thread.
#pragma once

#include "server/auth/issuer.h"

#include <QtCore/QJsonArray>

#include <vector>

namespace bridge::auth {

class IssuerWatch
{
public:
    static constexpr std::chrono::milliseconds kPause{15'000};

    /// \a issuers outlive this.
    explicit IssuerWatch(const QList<Issuer *> &issuers, std::chrono::milliseconds pause = kPause);

    void begin();
    /// IssuerHealth::toJson() of each.
    QJsonArray toJson() const;

private:
    struct Watched {
        Issuer *issuer = nullptr;
        Call asking;
        Call again;
    };
    void ask(Watched &watched);

    std::vector<Watched> m_watched; ///< never changes its size
    std::chrono::milliseconds m_pause;
};

} // namespace bridge::auth
