// SPDX-License-Identifier: GPL-3.0-or-later
// `{data_path}`, `{user_id}` and `{group_id}` in commands and environment values (contract §7.5).
// Filled after the command was split, so that a value never becomes a further argument, and never
// left standing: a literal `{data_path}` would be a folder everybody shares (weaknesses S3, S4).
#pragma once

#include "common/base/result.h"

#include <QtCore/QMap>
#include <QtCore/QStringList>

namespace bridge::upstream {

bool hasPlaceholder(QStringView text);

/// What is wrong with the braces of \a text, as a sentence for whoever configured it, or empty:
/// `{datapath}` is no placeholder, though it was meant to be one, and would name one folder for
/// everybody. Braces around other words, and variables of a shell as `${DATA_PATH}`, stay as they
/// are.
QString placeholderProblem(QStringView text);

/// \a text with every placeholder replaced once; values are not looked into again. Unauthorized
/// when a value is missing, as nobody said who he is; Forbidden when only this one is missing, or
/// when it could lead out of its place.
Result<QString> fillPlaceholders(const QString &text, const QMap<QString, QString> &values);

/// The same for each word of a command line. Forbidden also when a value would turn a plain
/// argument into an option.
Result<QStringList> fillCommand(const QStringList &command, const QMap<QString, QString> &values);

} // namespace bridge::upstream
