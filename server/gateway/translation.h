// SPDX-License-Identifier: GPL-3.0-or-later
// What differs between the revisions of MCP in results and errors. What needs no change passes as
// the bytes that came. Pure functions; any thread.
#pragma once

#include "server/gateway/downstream.h"

namespace bridge::gateway {

/// \a raw, the result of \a method from a server that speaks \a from, for a client of \a profile.
QByteArray resultFor(const QByteArray &raw, const QString &method, mcp::Era from,
                     const ClientProfile &profile);

/// \a raw, the result of resources/read, with \a shown where its contents are called \a key: the
/// client knows the resource under another URI.
QByteArray withShownUri(const QByteArray &raw, const QString &key, const QString &shown);

/// \a error with the JSON-RPC code of the client's revision; `data` in Error::detail.
Error errorFor(const Error &error, const ClientProfile &profile);

/// \a object without \a names, with the members of \a additions that it lacks. Raw JSON.
QByteArray reshaped(const QByteArray &object, const QStringList &names,
                    const QList<std::pair<QString, QByteArray>> &additions);

/// \a object with \a value in place of its member \a name, which stays where it is.
QByteArray withReplaced(const QByteArray &object, const QString &name, const QByteArray &value);

} // namespace bridge::gateway
