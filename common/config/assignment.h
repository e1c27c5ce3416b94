// SPDX-License-Identifier: GPL-3.0-or-later
// What one place of one layer says about one option, before it is parsed.
#pragma once

#include "common/config/option.h"
#include "common/config/settings.h"

namespace bridge::config {

struct Assignment {
    const Option *option = nullptr;
    bool secretFile = false; ///< the value names a file that holds the secret
    bool fromJson = false;   ///< the value stands in the JSON file
    QJsonValue value;
    QString where;     ///< e.g. `environment PORT`, `--port`, `file: bridge.PORT`
    QString directory; ///< what relative paths belong to
};

/// One source of settings, e.g. the environment.
struct Layer {
    Source source = Source::Default;
    QList<Assignment> assignments;
    QList<std::pair<QString, QString>> familyValues; ///< full name → value
};

} // namespace bridge::config
