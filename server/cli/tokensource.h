// SPDX-License-Identifier: GPL-3.0-or-later
// The access token `connect` shows to the remote server: from the environment once, or from a file
// that may be replaced meanwhile.
#pragma once

#include "common/base/result.h"

#include <QtCore/QObject>

#include <memory>

namespace bridge::config {
class FileWatch;
}

namespace bridge::cli {

class TokenSource : public QObject
{
    Q_OBJECT
public:
    TokenSource();
    ~TokenSource() override;

    /// A fixed token. InvalidConfig when it is none.
    Result<Nothing> useText(const QString &text);
    /// The token in \a path, which is watched. InvalidConfig when there is none.
    Result<Nothing> useFile(const QString &path);

    /// `Bearer …`; empty without a token.
    QByteArray header() const;
    /// Reads the file again; true when the token differs. One that cannot be read changes nothing.
    bool refresh();

Q_SIGNALS:
    void changed();

private:
    Result<Nothing> take(const QString &text);

    QString m_path;
    QString m_token;
    std::unique_ptr<config::FileWatch> m_watch;
};

} // namespace bridge::cli
