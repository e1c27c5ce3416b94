// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/random.h"

#include <QtCore/QtGlobal>

#include <openssl/rand.h>

namespace bridge::crypto {

QByteArray randomBytes(qsizetype count)
{
    QByteArray bytes(count, Qt::Uninitialized);
    if (RAND_bytes(reinterpret_cast<unsigned char *>(bytes.data()), int(count)) != 1)
        qFatal("The system's random number generator does not work.");
    return bytes;
}

QByteArray randomToken(qsizetype count)
{
    return randomBytes(count).toBase64(QByteArray::Base64UrlEncoding
                                       | QByteArray::OmitTrailingEquals);
}

} // namespace bridge::crypto
