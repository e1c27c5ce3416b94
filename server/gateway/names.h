// SPDX-License-Identifier: GPL-3.0-or-later
// What tools, prompts and resources of many servers are called behind one endpoint. Pure
// functions; any thread.
//
// A tool is `{server}__{tool}` when that is a name every client takes (at most 64 characters of
// A-Z a-z 0-9 _ -) and can be split in one way only; else that text with other characters replaced,
// cut to 55, and `_` with 8 hexadecimal digits of a hash of both names.
#pragma once

#include <QtCore/QString>

#include <optional>

namespace bridge::gateway {

inline constexpr qsizetype kMaxName = 64;

/// The name of \a name of \a server behind a shared endpoint; always the same for the same pair.
QString aliasOf(const QString &server, const QString &name);
/// \a alias may be one of \a server; spares asking servers it cannot belong to.
bool mayBeAliasOf(const QString &alias, const QString &server);

/// A URI, or URI template, another server uses too: `bridge://{server}/{original}`.
QString prefixedUri(const QString &server, const QString &uri);

struct UriParts {
    QString server;
    QString uri;
};
/// Undoes prefixedUri(); nothing when \a uri is none of that form.
std::optional<UriParts> splitUri(const QString &uri);

} // namespace bridge::gateway
