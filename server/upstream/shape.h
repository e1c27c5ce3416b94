// SPDX-License-Identifier: GPL-3.0-or-later
// What a log may say of content: its type and size (contract §8, §9.4).
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QString>

namespace bridge::upstream {

/// `type=dict items=2`, `type=list items=0`, `type=str chars=5`, `type=number`, `type=bool` or
/// `type=none` for the raw JSON value \a json; empty counts as none.
QString shapeOf(const QByteArray &json);

} // namespace bridge::upstream
