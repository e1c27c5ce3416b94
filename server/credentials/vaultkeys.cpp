// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/vaultkeys.h"

#include "common/crypto/aead.h"
#include "common/logging/redaction.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

Result<VaultKeys> vaultKeysFrom(const QString &text)
{
    static const QRegularExpression between(u"[,\\s]+"_s);
    VaultKeys keys;
    const QStringList words = text.split(between, Qt::SkipEmptyParts);
    for (const QString &word : words) {
        QByteArray encoded = word.toLatin1();
        encoded.replace('-', '+').replace('_', '/');
        const auto decoded = QByteArray::fromBase64Encoding(
            encoded, QByteArray::Base64Encoding | QByteArray::AbortOnBase64DecodingErrors);
        if (!decoded || decoded.decoded.size() != crypto::kKeyBytes)
            return Error(ErrorCode::InvalidConfig,
                         u"key %1 of %2 is not 32 bytes in base64. `mcp-bridge vault new-key` "
                         "prints a good one."_s.arg(keys.size() + 1)
                             .arg(words.size()));
        logging::registerSecret(word);
        keys.append(decoded.decoded);
    }
    if (keys.isEmpty())
        return Error(ErrorCode::InvalidConfig,
                     u"holds no key. `mcp-bridge vault new-key` prints one."_s);
    return keys;
}

} // namespace bridge::credentials
