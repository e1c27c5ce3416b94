// SPDX-License-Identifier: GPL-3.0-or-later
// What the small subcommands (vault, audit, apikey) have in common: they read arguments, do one
// thing and print. They wait for files; nothing else runs in their process.
#pragma once

#include "common/base/result.h"
#include "common/config/settings.h"

#include <QtCore/QMap>
#include <QtCore/QProcessEnvironment>
#include <QtCore/QStringList>

namespace bridge::cli {

struct CommandText {
    QString text; ///< for stdout
    QString note; ///< for stderr; may be empty
    int exitCode = 0;
};

/// Where a command was started.
struct CommandPlace {
    QProcessEnvironment environment;
    QString directory;
};

/// Arguments sorted. An option may be given as `--name value` or `--name=value`.
struct Words {
    QStringList plain;                  ///< what is no option, in order
    QMap<QString, QStringList> options; ///< of those with values; in order when repeated
    QStringList switches;
    QStringList forSettings; ///< options of the bridge itself, for config::load()

    QString option(const QString &name) const { return options.value(name).value(0); }
    bool has(const QString &name) const { return switches.contains(name); }
};

/// \a command is for error texts. `--help` and `-h` are switches of every command; `--config` and
/// options with values in \a settings go to Words::forSettings. InvalidConfig for the rest.
Result<Words> readWords(const QString &command, const QStringList &arguments,
                        const QStringList &withValue, const QStringList &switches,
                        const QStringList &settings);

/// The settings that a bridge started with \a forSettings at \a place would have.
Result<config::Settings> settingsFor(const QStringList &forSettings, const CommandPlace &place);

/// \a error without the bridge around it: the places of its problems and what is wrong there.
Error flattened(const Error &error);

} // namespace bridge::cli
