// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the option table by area; a new setting is a new row in one of these.
#pragma once

#include "common/config/option.h"

namespace bridge::config {

QList<Option> listenRows();        ///< address, limits and browsers
QList<Option> childRows();         ///< how MCP servers are started and bounded
QList<Option> remoteRows();        ///< MCP servers reached over HTTP
QList<Option> toolRows();          ///< tool calls, schemas, prompts, resources
QList<Option> sessionRows();       ///< sessions, elicitation, streams
QList<Option> authRows();          ///< who the caller is: tokens, issuers, login
QList<Option> loginRows();         ///< people with a browser
QList<Option> accessRows();        ///< what he may do: groups, data paths, policy, rates
QList<Option> gateRows();          ///< how clients find the bridge and its authorization server
QList<Option> credentialRows();    ///< what is passed on for him: exchange, vault, audit
QList<Option> secretRows();        ///< how secrets are kept: outgoing requests, vault, audit, keys
QList<Option> observationRows();   ///< logs and metrics
QList<Option> compatibilityRows(); ///< accepted without effect
QList<Family> families();

} // namespace bridge::config
