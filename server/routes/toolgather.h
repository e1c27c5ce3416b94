// SPDX-License-Identifier: GPL-3.0-or-later
// The tools of several servers at once, for documents that show all of them: a slow or dead
// server costs at most the patience and is then left out.
#pragma once

#include "server/upstream/registry.h"

namespace bridge::routes {

struct GatheredTools {
    const upstream::Server *server = nullptr;
    upstream::ToolSetPtr tools; ///< null when the server did not answer in time
    upstream::ServerPin pin;
};

/// In the order of \a servers. Never fails as a whole.
Call gatherTools(const QList<upstream::Server *> &servers, const upstream::Identity &identity,
                 std::chrono::milliseconds patience, Handler<QList<GatheredTools>> handler);

} // namespace bridge::routes
