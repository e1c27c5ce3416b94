// SPDX-License-Identifier: GPL-3.0-or-later
// What the relay says in its own name: errors that tell what to do, and what a session that was
// begun anew has to be told.
#pragma once

#include "common/base/error.h"
#include "common/jsonrpc/message.h"

#include <QtCore/QHash>

namespace bridge::cli {

inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;

/// The HTTP status the remote server gave, 0 when it was none.
int httpStatusOf(const Error &error);
/// For requests of a session that the server has forgotten.
Error sessionGone();
/// The error response to request \a id, with a hint what to do and, as `data`, what the server's
/// status says.
jsonrpc::Message failure(const QByteArray &id, const Error &error);
/// Tells the client that nobody waits for its answer to the server's request \a id any more.
jsonrpc::Message withdrawal(const QByteArray &id);

/// Why a client that got \a before as the answer to its initialize cannot go on with a server that
/// answers \a now; empty when it can.
QString differenceOf(const QByteArray &before, const QByteArray &now);
/// The list-changed notifications a server with these initialize results (raw) may send.
QList<jsonrpc::Message> changesOf(const QByteArray &result);
/// Keeps in \a wishes the requests of the client whose effect belongs to the session: its log level
/// and its subscriptions.
void noteWish(QHash<QString, jsonrpc::Message> &wishes, const jsonrpc::Message &message);

} // namespace bridge::cli
