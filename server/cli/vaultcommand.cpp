// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/vaultcommand.h"

#include "common/crypto/aead.h"
#include "common/crypto/random.h"
#include "server/credentials/processprivacy.h"
#include "server/credentials/vault.h"

#include <QtCore/QFile>

using namespace Qt::StringLiterals;

namespace bridge::cli {

namespace {

QString help()
{
    return u"Usage: mcp-bridge vault new-key [--out FILE]\n"
           "       mcp-bridge vault rekey [options]\n"
           "\n"
           "  new-key   prints a new key for VAULT_KEY or the file in VAULT_KEY_FILE\n"
           "  rekey     seals everything in the vault with the first key of VAULT_KEY\n"
           "\n"
           "To exchange the key: put the new one in front of the old one, separated by a comma,\n"
           "restart the bridge, run rekey, then take the old key out.\n"
           "\n"
           "  --out FILE          makes FILE, for the eyes of its owner only, and puts the key "
           "there\n"
           "  --config FILE       settings of the bridge, which are used here as well\n"
           "  --vault-file PATH   the vault, instead of the one in VAULT_FILE\n"
           "  --no-env-file       do not read .env in the working directory\n"_s;
}

/// The file is new and its owner's alone before the key is in it.
Result<CommandText> keepKey(const QByteArray &key, const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::NewOnly, QFile::ReadOwner | QFile::WriteOwner))
        return Error(ErrorCode::InvalidConfig,
                     u"--out: the file cannot be made: %1. Name one that is not there yet, in a "
                     "folder that is."_s.arg(file.errorString()));
    if (file.write(key) != key.size() || !file.flush()) {
        file.remove();
        return Error(ErrorCode::InvalidConfig,
                     u"--out: the file cannot be written: %1."_s.arg(file.errorString()));
    }
    return CommandText{{}, u"The key is in the file. Name it in VAULT_KEY_FILE.\n"_s};
}

Result<CommandText> newKey(const Words &words)
{
    const QByteArray key = crypto::randomBytes(crypto::kKeyBytes).toBase64() + '\n';
    const QString path = words.option(u"--out"_s);
    if (path.isEmpty())
        return CommandText{QString::fromLatin1(key), {}};
    return keepKey(key, path);
}

Result<CommandText> rekey(const Words &words, const CommandPlace &place)
{
    credentials::keepMemoryPrivate();
    const auto settings = settingsFor(words.forSettings, place);
    if (!settings)
        return settings.error();
    const auto options = credentials::vaultOptions(*settings);
    if (!options)
        return flattened(options.error());
    if (!options->has_value())
        return Error(ErrorCode::InvalidConfig,
                     u"VAULT_KEY is not set: there is no vault to seal anew."_s);
    // A new vault would say that all is well, and keys of the real one would be thrown away.
    const QString file = (*options)->file;
    const auto store =
        credentials::VaultStore::open(file, (*options)->keys, credentials::IfMissing::Fail);
    if (!store)
        return flattened(store.error());
    const Result<int> count = (*store)->rekey();
    if (!count)
        return count.error();
    return CommandText{{},
                       u"%1 %2 sealed with the first key in %3. Other keys can be taken out of "
                       "VAULT_KEY now.\n"_s.arg(*count)
                           .arg(*count == 1 ? u"value is"_s : u"values are"_s, file)};
}

} // namespace

Result<CommandText> vaultCommand(const QStringList &arguments, const CommandPlace &place)
{
    const auto words = readWords(u"vault"_s, arguments, {u"--out"_s}, {}, {u"--vault-file"_s});
    if (!words)
        return words.error();
    if (words->has(u"--help"_s) || words->has(u"-h"_s))
        return CommandText{help(), {}};
    if (words->plain == QStringList{u"new-key"_s})
        return newKey(*words);
    if (words->plain == QStringList{u"rekey"_s})
        return rekey(*words, place);
    return Error(ErrorCode::InvalidConfig,
                 u"`mcp-bridge vault` is followed by new-key or rekey. `mcp-bridge vault --help` "
                 "tells more."_s);
}

} // namespace bridge::cli
