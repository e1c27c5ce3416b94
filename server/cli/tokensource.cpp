// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/tokensource.h"

#include "common/config/filewatch.h"
#include "common/logging/categories.h"
#include "common/logging/redaction.h"

#include <QtCore/QFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::cli {

namespace {

constexpr qint64 kMostBytes = 64 * 1024;

Result<QString> readToken(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error(ErrorCode::InvalidConfig,
                     u"The token file cannot be read: %1."_s.arg(file.errorString()));
    return QString::fromUtf8(file.read(kMostBytes));
}

} // namespace

TokenSource::TokenSource() = default;
TokenSource::~TokenSource() = default;

Result<Nothing> TokenSource::take(const QString &text)
{
    const QString token = text.trimmed();
    const bool fits = !token.isEmpty() && std::all_of(token.begin(), token.end(), [](QChar c) {
        return c > u' ' && c <= u'~';
    });
    if (!fits)
        return Error(ErrorCode::InvalidConfig, u"The token must be one word of ASCII characters, "
                                               "without “Bearer”."_s);
    logging::registerSecret(token);
    m_token = token;
    return Nothing{};
}

Result<Nothing> TokenSource::useText(const QString &text)
{
    return take(text);
}

Result<Nothing> TokenSource::useFile(const QString &path)
{
    const Result<QString> text = readToken(path);
    if (!text)
        return text.error();
    m_path = path;
    m_watch = std::make_unique<config::FileWatch>(path);
    connect(m_watch.get(), &config::FileWatch::changed, this, [this] {
        if (refresh())
            Q_EMIT changed();
    });
    return take(*text);
}

QByteArray TokenSource::header() const
{
    return m_token.isEmpty() ? QByteArray() : "Bearer " + m_token.toLatin1();
}

bool TokenSource::refresh()
{
    if (m_path.isEmpty())
        return false;
    const QString old = m_token;
    const Result<QString> text = readToken(m_path);
    const Result<Nothing> taken = text ? take(*text) : Result<Nothing>(text.error());
    if (!taken)
        qCWarning(logging::lcConfig).noquote() << taken.error().message << "The old one is kept.";
    return m_token != old;
}

} // namespace bridge::cli
