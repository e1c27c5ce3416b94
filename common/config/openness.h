// SPDX-License-Identifier: GPL-3.0-or-later
// Who besides its owner may open a file that holds a secret.
#pragma once

#include <QtCore/QString>

namespace bridge::config {

enum class Openness {
    Private,
    Foreign, ///< others may, and somebody else gave it, as containers are given secrets: his choice
    Careless, ///< others may, and it is the bridge's own: as with keys of OpenSSH, refused
};

/// Asks the file system once. On Windows access lists decide, and every file counts as private.
Openness opennessOf(const QString &path);

} // namespace bridge::config
