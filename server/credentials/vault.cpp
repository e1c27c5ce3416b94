// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/vault.h"

#include "common/async/later.h"
#include "common/config/settings.h"

#include <QtCore/QFileInfo>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

Result<std::optional<VaultOptions>> vaultOptions(const config::Settings &settings)
{
    const QString text = settings.text(u"VAULT_KEY"_s);
    if (text.trimmed().isEmpty())
        return std::optional<VaultOptions>();
    const auto problem = [](const QString &setting, const QString &message) {
        Error error(ErrorCode::InvalidConfig, u"The settings of the vault are wrong."_s);
        error.problems.append({setting, message});
        return error;
    };
    VaultOptions options;
    auto keys = vaultKeysFrom(text);
    if (!keys)
        return problem(u"VAULT_KEY"_s, keys.error().message);
    options.keys = std::move(*keys);
    options.file = QFileInfo(settings.text(u"VAULT_FILE"_s)).absoluteFilePath();
    return std::optional(std::move(options));
}

Error vaultIsOff()
{
    return {ErrorCode::NotImplemented,
            u"The bridge cannot keep credentials of users: its vault is off. Whoever runs it has "
            "to set VAULT_KEY; `mcp-bridge vault new-key` prints one."_s};
}

Vault::Vault(int maxPending)
    : m_home(Mailbox::ofThisThread())
    , m_maxPending(maxPending)
    , m_thread("vault")
{}

Vault::~Vault()
{
    // Behind everything that was asked for, in the only thread that may close the database.
    m_thread.post([this] { m_store.reset(); });
}

Result<std::unique_ptr<Vault>> Vault::open(VaultOptions options)
{
    std::unique_ptr<Vault> vault(new Vault(options.maxPending));
    std::optional<Error> problem;
    vault->m_thread.runAndWait([&] {
        auto store = VaultStore::open(options.file, std::move(options.keys));
        if (store)
            vault->m_store = std::move(*store);
        else
            problem = store.error();
    });
    if (problem)
        return *problem;
    return vault;
}

template <typename T>
Call Vault::run(std::function<Result<T>(VaultStore &)> job, Handler<T> handler)
{
    if (m_pending >= m_maxPending)
        return failLater<T>(std::move(handler),
                            Error(ErrorCode::Overloaded,
                                  u"The vault has too much to do. Try again in a moment."_s));
    ++m_pending;
    // Only this thread looks into it; the other one hands it through.
    auto kept = std::make_shared<Handler<T>>(std::move(handler));
    m_thread.post([this, kept, life = std::weak_ptr(m_life), job = std::move(job)]() mutable {
        auto result = std::make_shared<Result<T>>(job(*m_store));
        m_home->post([this, kept = std::move(kept), life = std::move(life), result] {
            if (life.expired())
                return;
            --m_pending;
            if (const auto done = std::exchange(*kept, nullptr))
                done(std::move(*result));
        });
    });
    return Call([kept] { *kept = nullptr; });
}

Call Vault::put(VaultName name, QByteArray value, const QDateTime &expires,
                Handler<Nothing> handler)
{
    if (value.size() > kMaxValue)
        return failLater<Nothing>(
            std::move(handler),
            Error(ErrorCode::InvalidArguments, u"The credential is too large to be kept."_s));
    return run<Nothing>([name = std::move(name), value = std::move(value),
                         expires](VaultStore &store) { return store.put(name, value, expires); },
                        std::move(handler));
}

Call Vault::get(VaultName name, Handler<std::optional<QByteArray>> handler)
{
    return run<std::optional<QByteArray>>(
        [name = std::move(name)](VaultStore &store) { return store.get(name); },
        std::move(handler));
}

Call Vault::remove(VaultName name, Handler<bool> handler)
{
    return run<bool>([name = std::move(name)](VaultStore &store) { return store.remove(name); },
                     std::move(handler));
}

Call Vault::targets(const QString &table, const QString &owner, Handler<QStringList> handler)
{
    return run<QStringList>(
        [table, owner](VaultStore &store) { return store.targets(table, owner); },
        std::move(handler));
}

Call Vault::removeOwner(const QString &owner, Handler<int> handler)
{
    return run<int>([owner](VaultStore &store) { return store.removeOwner(owner); },
                    std::move(handler));
}

} // namespace bridge::credentials
