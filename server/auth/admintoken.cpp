// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/admintoken.h"

#include "common/async/later.h"
#include "common/crypto/constanttime.h"
#include "common/crypto/digest.h"
#include "common/crypto/random.h"
#include "common/logging/categories.h"
#include "common/logging/redaction.h"
#include "server/auth/tokenstrategy.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QFileInfo>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr qsizetype kLeast = 16;
constexpr qint64 kMost = 4096;
constexpr auto kOwnerOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner;
constexpr auto kOthers = QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ReadOther
                         | QFileDevice::WriteOther;

Error wrong(const QString &what)
{
    return {ErrorCode::InvalidConfig, u"ADMIN_TOKEN_PATH: %1"_s.arg(what)};
}

Result<QByteArray> read(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return wrong(u"the file cannot be read: %1."_s.arg(file.errorString()));
#ifndef Q_OS_WIN // there the rights of the folder are inherited
    if (file.permissions() & kOthers)
        return wrong(u"others can read the file. Make it readable by its owner only (mode 600)."_s);
#endif
    const QByteArray token = file.read(kMost).trimmed();
    if (token.size() < kLeast)
        return wrong(u"the token in the file has fewer than 16 characters. Write a longer one, or "
                     "remove the file to get a new one."_s);
    return token;
}

/// The file is new and its owner's alone before the token is in it.
Result<QByteArray> make(const QString &path)
{
    QDir().mkpath(QFileInfo(path).absolutePath());
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::NewOnly, kOwnerOnly))
        return wrong(u"the file cannot be made: %1."_s.arg(file.errorString()));
    const QByteArray token = crypto::randomToken();
    if (file.write(token + '\n') != token.size() + 1 || !file.flush()) {
        file.remove();
        return wrong(u"the file cannot be written: %1."_s.arg(file.errorString()));
    }
    qCInfo(logging::lcAuth).noquote() << "A token for administrators is in" << path;
    return token;
}

} // namespace

Result<QByteArray> readOrMakeAdminToken(const QString &path)
{
    return QFile::exists(path) ? read(path) : make(path);
}

Result<QByteArray> adminTokenOf(const AuthOptions &options)
{
    QByteArray token = options.adminToken;
    if (token.isEmpty() && !options.adminTokenPath.isEmpty()) {
        const auto inFile = readOrMakeAdminToken(options.adminTokenPath);
        if (!inFile && !options.adminTokenIsOptional)
            return inFile.error();
        if (!inFile)
            qCWarning(logging::lcAuth).noquote()
                << "There is no token for administrators:" << inFile.error().message;
        else
            token = *inFile;
    }
    logging::registerSecret(QString::fromUtf8(token));
    return token;
}

AdminTokenStrategy::AdminTokenStrategy(QByteArray token) : m_digest(crypto::sha256(token))
{
    Principal admin;
    admin.kind = Principal::Kind::Admin;
    admin.owner = u"admin"_s;
    admin.userId = u"admin"_s;
    admin.name = u"Administrator"_s;
    admin.strategy = name();
    admin.isVerified = true;
    admin.isAdmin = true;
    m_admin = std::make_shared<const Principal>(std::move(admin));
}

bool AdminTokenStrategy::isRight(QByteArrayView shown) const
{
    return crypto::isEqual(crypto::sha256(shown), m_digest);
}

Strategy::Outcome AdminTokenStrategy::findNow(const AuthRequest &request)
{
    const QByteArray own = request.header("x-admin-token").trimmed();
    if (!own.isEmpty()) {
        if (isRight(own))
            return {Finding::Known, m_admin, {}};
        return {Finding::Known, nullptr,
                Error(ErrorCode::InvalidToken, u"The token in X-Admin-Token is not right."_s)};
    }
    const auto bearer = bearerToken(request.header("authorization"));
    if (bearer && !bearer->isEmpty() && isRight(*bearer))
        return {Finding::Known, m_admin, {}};
    return {};
}

Call AdminTokenStrategy::find(const AuthRequest &request, Handler<PrincipalPtr> handler)
{
    const Outcome outcome = findNow(request);
    if (outcome.principal)
        return later([handler = std::move(handler), admin = m_admin] { handler(admin); });
    return failLater(std::move(handler),
                     outcome.error.value_or(Error(ErrorCode::Unauthorized, u"Nobody calls."_s)));
}

} // namespace bridge::auth
