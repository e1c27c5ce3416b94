// SPDX-License-Identifier: GPL-3.0-or-later
// `mcp-bridge client-config`: prints what to write into the settings of MCP clients. Never a
// secret: tokens are named, not shown.
#pragma once

#include "common/base/result.h"

#include <QtCore/QProcessEnvironment>
#include <QtCore/QStringList>

namespace bridge::cli {

struct ClientConfigText {
    QString text; ///< for stdout
    QString note; ///< for stderr: where the text belongs; may be empty
};

/// \a arguments without the program's name and subcommand, \a program its absolute path. Reads the
/// bridge's own settings for an address when none is given. Error: InvalidConfig.
Result<ClientConfigText> clientConfig(const QStringList &arguments,
                                      const QProcessEnvironment &environment,
                                      const QString &workingDirectory, const QString &program);

} // namespace bridge::cli
