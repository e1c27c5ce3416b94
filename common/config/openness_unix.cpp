// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/openness.h"

#include <QtCore/QFileInfo>

#include <unistd.h>

namespace bridge::config {

Openness opennessOf(const QString &path)
{
    const QFileInfo file(path);
    constexpr QFile::Permissions others = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup
                                          | QFile::ReadOther | QFile::WriteOther | QFile::ExeOther;
    if (!(file.permissions() & others))
        return Openness::Private;
    return file.ownerId() == ::geteuid() ? Openness::Careless : Openness::Foreign;
}

} // namespace bridge::config
