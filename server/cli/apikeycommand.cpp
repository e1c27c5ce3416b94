// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/apikeycommand.h"

#include "common/base/duration.h"
#include "common/config/suggest.h"
#include "server/audit/auditlog.h"
#include "server/auth/apikeyfile.h"
#include "server/auth/apikeyuse.h"
#include "server/auth/membership.h"

#include <QtCore/QFileInfo>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QLockFile>
#include <QtCore/QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::cli {

namespace {

constexpr qsizetype kMaxText = 200;
constexpr int kLockTime = 5'000;
constexpr qint64 kMostDays = 36'500;

QString help()
{
    return u"Usage: mcp-bridge apikey create [options] [NAME]\n"
           "       mcp-bridge apikey list [--json] [options]\n"
           "       mcp-bridge apikey revoke [options] ID…\n"
           "\n"
           "Keys for programs, which send them in the header X-API-Key. create prints the key,\n"
           "this once. A running bridge takes changes over by itself. Run it as the user that the\n"
           "bridge runs as: the file is for its owner only.\n"
           "\n"
           "  --name TEXT, NAME        who will use the key, for lists\n"
           "  --group NAME             membership of the key; repeat or separate by commas\n"
           "  --role NAME              likewise\n"
           "  --scope NAME             likewise\n"
           "  --expires WHEN           90d or 12h from now, 36500 days at most; 2027-01-31 or\n"
           "                           2027-01-31T18:00:00Z; or never (default: 90d)\n"
           "  --json                   for programs\n"
           "  --api-key-store PATH     the file, instead of the one in API_KEY_STORE\n"
           "  --config FILE            settings of the bridge, which are used here as well\n"
           "  --no-env-file            do not read .env in the working directory\n"_s;
}

Error bad(const QString &text)
{
    return {ErrorCode::InvalidConfig, text};
}

bool isPrintable(const QString &text)
{
    return text.size() <= kMaxText && std::none_of(text.begin(), text.end(), [](QChar c) {
               return c.category() == QChar::Other_Control;
           });
}

/// Values of a repeated option, also separated by commas.
Result<QStringList> listOf(const Words &words, const QString &option)
{
    QStringList values;
    for (const QString &text : words.options.value(option)) {
        for (const QString &part : text.split(u',')) {
            if (part.trimmed().isEmpty() || !isPrintable(part))
                return bad(
                    u"%1 must name something, in up to %2 characters."_s.arg(option).arg(kMaxText));
            values.append(part.trimmed());
        }
    }
    values.removeDuplicates();
    return values;
}

/// For a bridge that is not running: one that runs sees the file change and writes it itself.
void writeAudit(const config::Settings &settings, audit::AuditEvent::Kind kind, const QString &id)
{
    const auto options = audit::auditOptions(settings);
    if (!options || options->to != audit::AuditOptions::To::File)
        return;
    const auto file = audit::AuditFile::open(options->file, options->key);
    if (!file)
        return;
    audit::AuditEvent event;
    event.kind = kind;
    event.success = true;
    event.strategy = u"command-line"_s;
    event.target = id;
    (*file)->write(event, 0, QDateTime::currentDateTimeUtc());
}

QString whenOf(const QDateTime &time)
{
    return time.isValid() ? isoUtc(time) : u"never"_s;
}

class Keys
{
public:
    Keys(const Words &words, config::Settings settings, const QDateTime &now)
        : m_words(words)
        , m_settings(std::move(settings))
        , m_path(m_settings.text(u"API_KEY_STORE"_s))
        , m_lock(m_path + u".lock"_s)
        , m_now(now)
    {
    }

    Result<CommandText> run()
    {
        if (m_path.isEmpty())
            return bad(u"No file for the keys is set. Set API_KEY_STORE, or name one: "
                       "--api-key-store PATH."_s);
        const QString action = m_words.plain.constFirst();
        if (action == "list"_L1)
            return m_words.plain.size() == 1 ? list() : unexpected();
        // Two commands at once must not lose each other's key.
        if (!m_lock.tryLock(kLockTime))
            return bad(u"API_KEY_STORE cannot be changed: another command is at it, or its folder "
                       "cannot be written to."_s);
        if (action == "create"_L1)
            return m_words.plain.size() <= 2 ? create() : unexpected();
        return revoke();
    }

private:
    Error unexpected() const
    {
        return bad(u"%1 is not expected here. `mcp-bridge apikey --help` tells what is."_s.arg(
            m_words.plain.constLast()));
    }

    Result<CommandText> create()
    {
        auto keys = auth::readApiKeys(m_path);
        if (!keys)
            return flattened(keys.error());
        auth::ApiKey key;
        key.name = m_words.option(u"--name"_s).trimmed();
        if (key.name.isEmpty())
            key.name = m_words.plain.value(1).trimmed();
        key.created = m_now;
        if (!isPrintable(key.name))
            return bad(u"--name must be a text of up to %1 characters."_s.arg(kMaxText));
        for (const auto &[option, list] :
             {std::pair(u"--group"_s, &key.groups), std::pair(u"--role"_s, &key.roles),
              std::pair(u"--scope"_s, &key.scopes)}) {
            auto values = listOf(m_words, option);
            if (!values)
                return values.error();
            *list = std::move(*values);
        }
        const QString wish = m_words.option(u"--expires"_s);
        const auto expires = expiryFrom(wish.isEmpty() ? u"90d"_s : wish, m_now);
        if (!expires)
            return expires.error();
        key.expires = *expires;
        const QByteArray text = auth::makeApiKey(key);
        keys->append(key);
        if (auto written = auth::writeApiKeys(m_path, *keys); !written)
            return flattened(written.error());
        writeAudit(m_settings, audit::AuditEvent::Kind::KeyCreated, key.id);
        return CommandText{QString::fromLatin1(text) + u'\n',
                           u"This is key %1; it expires: %2. It cannot be shown again.\n"_s.arg(
                               key.id, whenOf(key.expires))
                               + hint(key)};
    }

    /// What makes a new key useless is told before somebody wonders.
    QString hint(const auth::ApiKey &key) const
    {
        const QStringList required = m_settings.list(u"BRIDGE_REQUIRED_GROUPS"_s);
        auth::Principal holder;
        holder.groups = key.groups;
        holder.roles = key.roles;
        if (required.isEmpty() || auth::isInAnyGroup(holder, required))
            return {};
        return u"It opens nothing: BRIDGE_REQUIRED_GROUPS lets in members of %1 only, and the key "
               "is in none of them. Make another one with --group.\n"_s.arg(
                   required.join(" or "_L1));
    }

    Result<CommandText> list() const
    {
        const auto keys = auth::readApiKeys(m_path);
        if (!keys)
            return flattened(keys.error());
        const auto used = auth::ApiKeyUse::read(m_path);
        QJsonArray array;
        QString text;
        for (const auth::ApiKey &key : *keys) {
            const bool isExpired = key.isExpired(m_now);
            QJsonObject object{{"id"_L1, key.id},
                               {"name"_L1, key.name},
                               {"groups"_L1, QJsonArray::fromStringList(key.groups)},
                               {"roles"_L1, QJsonArray::fromStringList(key.roles)},
                               {"scopes"_L1, QJsonArray::fromStringList(key.scopes)},
                               {"created"_L1, whenOf(key.created)},
                               {"expires"_L1, whenOf(key.expires)},
                               {"expired"_L1, isExpired},
                               {"last_used"_L1, whenOf(used.value(key.id))}};
            array.append(object);
            text += u"%1  %2 %3  groups: %4  roles: %5  scopes: %6  last used: %7  "
                    "%8\n"_s.arg(key.id, isExpired ? u"expired"_s : u"expires"_s,
                                 whenOf(key.expires), key.groups.join(u','), key.roles.join(u','),
                                 key.scopes.join(u','), whenOf(used.value(key.id)), key.name);
        }
        if (m_words.has(u"--json"_s))
            return CommandText{QString::fromUtf8(QJsonDocument(array).toJson()), {}};
        return CommandText{text, text.isEmpty() ? u"There are no keys.\n"_s : QString()};
    }

    Result<CommandText> revoke()
    {
        const QStringList ids = m_words.plain.mid(1);
        if (ids.isEmpty())
            return bad(u"revoke needs the id of a key; `mcp-bridge apikey list` shows them."_s);
        auto keys = auth::readApiKeys(m_path);
        if (!keys)
            return flattened(keys.error());
        QStringList known;
        for (const auth::ApiKey &key : std::as_const(*keys))
            known.append(key.id);
        for (const QString &id : ids) {
            // Who passes the key itself must not read it in an error text.
            if (!known.contains(id))
                return bad(u"There is no such key, nothing was revoked.%1 `mcp-bridge apikey list` "
                           "shows them."_s.arg(config::didYouMean(id, known)));
        }
        keys->removeIf([&](const auth::ApiKey &key) { return ids.contains(key.id); });
        if (auto written = auth::writeApiKeys(m_path, *keys); !written)
            return flattened(written.error());
        for (const QString &id : ids)
            writeAudit(m_settings, audit::AuditEvent::Kind::KeyRevoked, id);
        return CommandText{{}, u"Revoked: %1.\n"_s.arg(ids.join(u", "_s))};
    }

    const Words &m_words;
    config::Settings m_settings;
    QString m_path;
    QLockFile m_lock;
    QDateTime m_now;
};

} // namespace

Result<QDateTime> expiryFrom(const QString &text, const QDateTime &now)
{
    if (text == "never"_L1)
        return QDateTime();
    static const QRegularExpression span(u"^([0-9]+)([a-z]+)$"_s);
    QDateTime time;
    if (const auto match = span.match(text); match.hasMatch()) {
        const QString unit = match.captured(2);
        bool fits = false;
        const qint64 count = match.captured(1).toLongLong(&fits);
        const qint64 hoursEach = unit == "d"_L1 ? 24 : unit == "h"_L1 ? 1 : 0;
        if (hoursEach != 0 && fits && count <= kMostDays * 24 / hoursEach)
            time = now.addSecs(count * hoursEach * 3'600);
    } else if (text.size() == 10) {
        time = QDateTime(QDate::fromString(text, Qt::ISODate), QTime(0, 0), kUtc);
    } else {
        time = QDateTime::fromString(text, Qt::ISODate).toUTC();
    }
    if (!time.isValid() || time <= now)
        return bad(
            u"--expires must be a time to come: days or hours from now (90d, 12h; at most "
            "%1d), a date like 2027-01-31 or 2027-01-31T18:00:00Z, or never."_s.arg(kMostDays));
    return time;
}

Result<CommandText> apikeyCommand(const QStringList &arguments, const CommandPlace &place,
                                  const QDateTime &now)
{
    const auto words =
        readWords(u"apikey"_s, arguments,
                  {u"--name"_s, u"--group"_s, u"--role"_s, u"--scope"_s, u"--expires"_s},
                  {u"--json"_s}, {u"--api-key-store"_s});
    if (!words)
        return words.error();
    if (words->has(u"--help"_s) || words->has(u"-h"_s))
        return CommandText{help(), {}};
    const QString action = words->plain.value(0);
    if (action != "create"_L1 && action != "list"_L1 && action != "revoke"_L1)
        return bad(u"`mcp-bridge apikey` is followed by create, list or revoke. `mcp-bridge apikey "
                   "--help` tells more."_s);
    auto settings = settingsFor(words->forSettings, place);
    if (!settings)
        return settings.error();
    return Keys(*words, std::move(*settings), now).run();
}

} // namespace bridge::cli
