// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `--flag value`, `--flag=value`, `--switch`, `--no-switch` and the server command after
// `--`. A secret's flag has a twin `--flag-file`.
#pragma once

#include "common/base/error.h"
#include "common/config/assignment.h"
#include "common/config/optiontable.h"

namespace bridge::config {

struct CommandLine {
    Layer layer{Source::CommandLine, {}, {}};
    QString configFile;
    bool skipEnvFile = false;
    bool help = false;
    bool version = false;
    QStringList serverCommand; ///< everything after `--`
    QList<FieldProblem> problems;
};

/// \a arguments without the program's name. Relative paths belong to \a directory.
CommandLine parseCommandLine(const QStringList &arguments, const OptionTable &table,
                             const QString &directory);

} // namespace bridge::config
