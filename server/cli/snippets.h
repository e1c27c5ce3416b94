// SPDX-License-Identifier: GPL-3.0-or-later
// How the usual MCP clients are told of a server, each in its own file format.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QList>
#include <QtCore/QString>

namespace bridge::cli {

/// What a client has to know.
struct SnippetInput {
    QString name;          ///< of the entry
    QString url;           ///< of the MCP endpoint, without secrets
    QString program;       ///< absolute path of mcp-bridge
    QString tokenVariable; ///< environment variable that holds the access token; empty = none
    QString tokenFile;     ///< file that holds it; then every client goes through `connect`
};

struct Snippet {
    QString client; ///< as it is given on the command line
    QString title;
    QString place; ///< where the text belongs
    QString note;  ///< what else is to be done; may be empty
    QString text;
    QJsonObject config; ///< the same for programs; empty when the format is not JSON
};

QList<Snippet> snippets(const SnippetInput &input);

} // namespace bridge::cli
