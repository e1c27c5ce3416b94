// SPDX-License-Identifier: GPL-3.0-or-later
// One JSON-RPC 2.0 message with its variable parts kept as the bytes that came, so that schemas
// and results can be passed on untouched.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>

namespace bridge::jsonrpc {

/// `error` member of a response (JSON-RPC 2.0 §5.1).
struct RpcError {
    int code = 0;
    QString message;
    QByteArray data; ///< raw JSON, empty when absent
};

struct Message {
    enum class Kind { Request, Notification, Result, Error };

    Kind kind = Kind::Notification;
    QByteArray id;     ///< raw JSON token, a number or a quoted string; empty for notifications
    QString method;    ///< requests and notifications
    QByteArray params; ///< raw JSON object or array, empty when absent
    QByteArray result; ///< raw JSON value, Kind::Result only
    RpcError error;    ///< Kind::Error only
    /// Id of the request on whose stream it came, where the transport has such streams. Not sent.
    QByteArray relatedId;

    /// Parsed copy of `params`; an empty object when there are none.
    QJsonObject paramsObject() const;
};

/// Limits of what is accepted as one message.
struct MessageLimits {
    int maxDepth = 128;
    qsizetype maxBytes = 64 * 1024 * 1024;
};

/// Reads \a text as one message, or as a batch (2025-03-26 allows them) of at most 1,000.
Result<QList<Message>> parse(const QByteArray &text, const MessageLimits &limits = {});
/// Writes \a message on one line without the line end.
QByteArray write(const Message &message);

} // namespace bridge::jsonrpc
