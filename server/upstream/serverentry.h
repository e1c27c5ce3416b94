// SPDX-License-Identifier: GPL-3.0-or-later
// One entry of `mcpServers`: the keys other programs use (command, args, env, cwd, disabled,
// disabledTools, timeout in seconds) and our own (include, exclude, effectTools, warmPoolSize,
// reuse, headerMap, headerMapStrict, validateInput, envPassthrough, startTimeout, requestTimeout,
// outputSchemas, limits {memoryMb, cpuSeconds, openFiles, lifetimeSeconds}).
#pragma once

#include "server/upstream/definition.h"

namespace bridge::upstream {

/// \a common, for a server with `url` also \a remote, with what \a entry says. Problems are
/// appended, path `file: mcpServers.NAME.KEY`. Keys nobody knows are problems, see entrykeys.h.
ServerDefinition readServerEntry(const QString &name, const QJsonObject &entry,
                                 const ServerDefinition &common, const RemoteDefinition &remote,
                                 const QString &configFile, QList<FieldProblem> &problems);

} // namespace bridge::upstream
