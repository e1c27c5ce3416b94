// SPDX-License-Identifier: GPL-3.0-or-later
// One setting of the bridge as plain data. Everything that knows settings (environment, flags,
// file, --help, settings page, admin view) reads these rows and nothing else (design §7).
#pragma once

#include <QtCore/QJsonValue>
#include <QtCore/QList>
#include <QtCore/QString>
#include <QtCore/QStringList>

#include <optional>
#include <utility>

namespace bridge::config {

enum class OptionType {
    Text,
    Integer,
    Number,
    Boolean, ///< true/false, 1/0, yes/no, on/off in any case
    Enum,    ///< one of `values`, any case
    List,    ///< separated by commas, trimmed, empty entries dropped; in the file also an array
    Json,    ///< JSON text; in the file the value itself; `values` names the kind: object, array
    Path,    ///< relative ones belong to the working directory, in the file to the file's folder
    Url,     ///< absolute http or https URL
    Bytes,   ///< whole number, also with KiB, MiB, GiB
    Seconds  ///< number, also with ms, s, m, h; at most 2,000,000 unless the row says else
};

enum class Reload {
    Live,   ///< a changed file takes effect at once
    Restart ///< read at start only
};

struct Option {
    QString name; ///< environment name, e.g. MCP_TOOL_TIMEOUT_SECONDS
    QString flag; ///< e.g. --tool-timeout; empty = no flag
    OptionType type = OptionType::Text;
    QString defaultValue = {}; ///< as one would write it in the environment
    QString unit = {};         ///< for people, e.g. "connections"
    bool secret = false;       ///< masked everywhere; NAME_FILE is accepted as well
    Reload reload = Reload::Restart;
    std::optional<double> minimum = {};
    std::optional<double> maximum = {};
    QStringList values = {};                          ///< Enum and Json, see OptionType
    QList<std::pair<QString, QString>> synonyms = {}; ///< Enum: other spelling → value
    QStringList aliases = {};                         ///< other environment names
    bool ignored = false;                             ///< accepted for compatibility, no effect
    /// Further rule on a parsed value: what is wrong with it as a sentence, empty if nothing.
    QString (*check)(const QJsonValue &value) = nullptr;
    QString group = {}; ///< section heading
    QString help = {};  ///< one or two sentences
};

/// Names that begin alike and are collected into a map, e.g. MCP_ENV_*.
struct Family {
    QString prefix;
    QString help;
};

} // namespace bridge::config
