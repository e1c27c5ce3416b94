// SPDX-License-Identifier: GPL-3.0-or-later
// The `.env` format: KEY=VALUE lines, `export ` in front allowed, `#` comments, values bare,
// 'single' (as they are) or "double" quoted (\n \r \t \" \\ \$ and line breaks). No variables are
// expanded.
#pragma once

#include "common/base/error.h"

#include <QtCore/QList>
#include <QtCore/QString>

namespace bridge::config {

struct EnvEntry {
    QString name;
    QString value;
    int line = 0;
};

struct EnvFile {
    QList<EnvEntry> entries; ///< in order; a later entry of the same name wins
    QList<FieldProblem> problems;
};

EnvFile parseEnvFile(const QString &text);

} // namespace bridge::config
