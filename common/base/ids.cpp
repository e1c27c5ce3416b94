// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/ids.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QRandomGenerator>

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

QByteArray randomBytes(int count)
{
    QByteArray bytes(count, Qt::Uninitialized);
    auto *generator = QRandomGenerator::system();
    for (int i = 0; i < count; ++i)
        bytes[i] = char(generator->bounded(256));
    return bytes;
}

} // namespace

QString randomToken(int bytes)
{
    return QString::fromLatin1(randomBytes(bytes).toBase64(QByteArray::Base64UrlEncoding
                                                           | QByteArray::OmitTrailingEquals));
}

QString randomHex(int bytes)
{
    return QString::fromLatin1(randomBytes(bytes).toHex());
}

QString fingerprint(const QString &secret)
{
    if (secret.isEmpty())
        return u"<empty>"_s;
    const QByteArray hash =
        QCryptographicHash::hash(secret.toUtf8(), QCryptographicHash::Sha256).toHex();
    return u"len=%1 sha256=%2"_s.arg(QString::number(secret.size()),
                                     QString::fromLatin1(hash.first(12)));
}

bool equalInConstantTime(const QByteArray &a, const QByteArray &b)
{
    // Lengths are no secret; the bytes are.
    if (a.size() != b.size())
        return false;
    volatile unsigned char difference = 0;
    for (qsizetype i = 0; i < a.size(); ++i)
        difference = difference | static_cast<unsigned char>(a[i] ^ b[i]);
    return difference == 0;
}

} // namespace bridge
