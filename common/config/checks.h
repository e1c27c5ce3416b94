// SPDX-License-Identifier: GPL-3.0-or-later
// Rules on single settings that their type cannot express. Each gives a sentence on what is wrong,
// or an empty text.
#pragma once

#include <QtCore/QJsonValue>
#include <QtCore/QString>

namespace bridge::config {

QString checkFieldName(const QJsonValue &value);     ///< HTTP field name, RFC 9110 §5.6.2
QString checkBasePath(const QJsonValue &value);      ///< a path without query or dot segments
QString checkShellWords(const QJsonValue &value);    ///< splits by shell rules
QString checkHeaderMapping(const QJsonValue &value); ///< property=Header entries
QString checkOrigins(const QJsonValue &value);       ///< `*` or scheme://host[:port]
QString checkTokenTemplate(const QJsonValue &value); ///< {token} and {token_type} only
QString checkLogRules(const QJsonValue &value);      ///< category=level entries

} // namespace bridge::config
