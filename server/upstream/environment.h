// SPDX-License-Identifier: GPL-3.0-or-later
// What a child gets to see of its surroundings: as little as possible (weakness S8: the reference
// hands over every secret of the bridge).
#pragma once

#include "server/upstream/childprocess.h"
#include "server/upstream/definition.h"
#include "server/upstream/identity.h"

namespace bridge::upstream {

/// From weakest to strongest: HOME LOGNAME PATH SHELL TERM USER LANG LC_* TZ TMPDIR of \a own, what
/// the passthrough globs let through, the definition's variables with placeholders filled, the
/// identity's. `*` passes everything but the bridge's own secret settings; those need their name
/// spelled out. Errors as fillPlaceholders().
Result<QProcessEnvironment> childEnvironment(const ServerDefinition &definition,
                                             const Identity &identity,
                                             const QProcessEnvironment &own);

/// Everything needed to start \a definition for \a identity.
Result<ChildSpec> childSpec(const ServerDefinition &definition, const Identity &identity,
                            const QProcessEnvironment &own);

/// How messages name the command: program and first arguments, at most 80 characters, without
/// folders and without values of options that look secret. Placeholders stay unfilled.
QString commandLabel(const QStringList &command);

} // namespace bridge::upstream
