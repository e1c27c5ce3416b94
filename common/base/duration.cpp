// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/duration.h"

using namespace Qt::StringLiterals;

namespace bridge {

QString humanDuration(qint64 milliseconds)
{
    const qint64 seconds = qMax<qint64>(0, milliseconds) / 1000;
    QString text;
    if (seconds >= 3600)
        text += QString::number(seconds / 3600) + 'h'_L1;
    if (seconds >= 60)
        text += QString::number(seconds / 60 % 60) + 'm'_L1;
    return text + QString::number(seconds % 60) + 's'_L1;
}

QString isoUtc(const QDateTime &time)
{
    return time.toUTC().toString(Qt::ISODateWithMs);
}

} // namespace bridge
