// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of `mcp-bridge connect`.
#pragma once

#include "common/base/result.h"
#include "common/httpclient/request.h"

#include <QtCore/QProcessEnvironment>
#include <QtCore/QStringList>

namespace bridge::cli {

struct ConnectOptions {
    enum class Transport { Auto, Http, Sse };

    QUrl url;
    Transport transport = Transport::Auto;
    httpclient::Headers headers; ///< without the credential
    QString tokenVariable;       ///< name of an environment variable; empty = none
    QString tokenFile;           ///< absolute path; empty = none
    /// Silence of the server after which a request or a stream is given up; 0 = never.
    std::chrono::milliseconds timeout{300'000};
    std::chrono::milliseconds connectTimeout{10'000};
    int maxConnections = 100;
    bool verifyTls = true;
    QString caBundle; ///< absolute path of a PEM file; empty = the system's authorities
    QString logLevel = QStringLiteral("warning");
    bool help = false;
};

/// \a arguments without the program's name and `connect`. Secrets on the command line are refused:
/// every user of the machine could read them. Error: InvalidConfig with every problem found.
Result<ConnectOptions> connectOptions(const QStringList &arguments,
                                      const QProcessEnvironment &environment,
                                      const QString &workingDirectory);
QString connectHelp();

} // namespace bridge::cli
