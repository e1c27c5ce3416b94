// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the settings together: defaults, then the JSON file, `.env`, the environment and flags, each
// stronger than the one before (design §7). Reads files, so it is for start and reload, not for
// the way of a request.
#pragma once

#include "common/base/result.h"
#include "common/config/settings.h"

#include <QtCore/QJsonObject>
#include <QtCore/QProcessEnvironment>

namespace bridge::config {

struct Loaded {
    Settings settings;
    QJsonObject mcpServers = {};              ///< raw, from the file
    QStringList serverNames = {};             ///< of mcpServers in the order of the file
    QJsonObject views = {};                   ///< raw, `bridge.views` of the file
    QJsonValue policy{QJsonValue::Undefined}; ///< raw, `bridge.policy` of the file
    QJsonValue limits{QJsonValue::Undefined}; ///< raw, `bridge.limits` of the file
    QStringList serverCommand = {};           ///< after `--`; goes before MCP_SERVER_COMMAND
    QString configFile = {};                  ///< absolute path of the file to watch; empty if none
    QStringList notices = {}; ///< sentences for the log: no effect, probably mistyped
    bool help = false;        ///< --help: nothing was read, print helpText()
    bool version = false;     ///< --version: likewise
};

/// \a arguments without the program's name and subcommand. On failure the error holds every
/// problem there is, each with its place in `path`: `--port`, `environment PORT`,
/// `.env: PORT`, `file: bridge.PORT`.
Result<Loaded> load(const QStringList &arguments, const QProcessEnvironment &environment,
                    const QString &workingDirectory, const OptionTable &table = optionTable());

/// What is wrong with settings or mcpServers. The headline names \a configFile once when any of
/// \a problems has a path in the file, `file: …`.
Error settingsError(QList<FieldProblem> problems, const QString &configFile);

/// The problems of \a error, one per line, for the terminal.
QString problemsText(const Error &error);

} // namespace bridge::config
