// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/sessionstore.h"

#include "server/sessions/memorysessionstore.h"

using namespace Qt::StringLiterals;

namespace bridge::sessions {

Result<std::unique_ptr<SessionStore>> makeSessionStore(const QString &type)
{
    const QString wanted = type.trimmed();
    // The second name is the one the reference bridge's configurations use.
    if (wanted.compare("memory"_L1, Qt::CaseInsensitive) == 0
        || wanted == "InMemorySessionManager"_L1) {
        return std::unique_ptr<SessionStore>(std::make_unique<MemorySessionStore>());
    }
    return Error(ErrorCode::InvalidConfig,
                 u"There is no session store of type \"%1\". Available: memory (also called "
                 "InMemorySessionManager)."_s.arg(wanted.left(64)));
}

} // namespace bridge::sessions
