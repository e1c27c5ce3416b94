// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/constanttime.h"

#include <openssl/crypto.h>

namespace bridge::crypto {

bool isEqual(QByteArrayView a, QByteArrayView b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), std::size_t(a.size())) == 0;
}

} // namespace bridge::crypto
