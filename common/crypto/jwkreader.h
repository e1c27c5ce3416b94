// SPDX-License-Identifier: GPL-3.0-or-later
// From the numbers of a JWK to a key of OpenSSL.
#pragma once

#include "common/base/result.h"

#include <QtCore/QJsonObject>

#include <memory>

struct evp_pkey_st;

namespace bridge::crypto {

using KeyHandle = std::shared_ptr<evp_pkey_st>;

Result<KeyHandle> readRsa(const QJsonObject &jwk);
/// \a group as OpenSSL calls the curve, \a width bytes of one coordinate.
Result<KeyHandle> readEc(const QJsonObject &jwk, const char *group, qsizetype width);
Result<KeyHandle> readEdwards(const QJsonObject &jwk);

} // namespace bridge::crypto
