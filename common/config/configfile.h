// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON file: {"mcpServers": {…}, "bridge": {"NAME": value, …, "views": {…}}}. `mcpServers` has
// the shape desktop clients use, so their files can be passed as they are; members nobody knows are
// problems.
#pragma once

#include "common/base/error.h"
#include "common/config/assignment.h"
#include "common/config/optiontable.h"

#include <QtCore/QJsonObject>

namespace bridge::config {

struct ConfigFile {
    Layer layer{Source::File, {}, {}};
    QJsonObject mcpServers;
    QStringList serverNames; ///< in the order of the file, which QJsonObject does not keep
    QJsonObject views;       ///< `bridge.views`, raw
    QJsonValue policy{QJsonValue::Undefined}; ///< `bridge.policy`, raw
    QJsonValue limits{QJsonValue::Undefined}; ///< `bridge.limits`, raw
    QStringList notices;
    QList<FieldProblem> problems;
};

/// \a content of the file; relative paths in it belong to \a directory.
ConfigFile parseConfigFile(const QByteArray &content, const OptionTable &table,
                           const QString &directory);

} // namespace bridge::config
