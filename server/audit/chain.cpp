// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/audit/chain.h"

#include "common/base/duration.h"
#include "common/base/ids.h"
#include "common/crypto/constanttime.h"
#include "common/crypto/digest.h"
#include "common/logging/redaction.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

using namespace Qt::StringLiterals;

namespace bridge::audit {

namespace {

constexpr qsizetype kMaxText = 256;
constexpr qsizetype kHashDigits = 64;
constexpr QByteArrayView kHashMember(",\"hash\":\"");
/// Of the member, its digits and `"}`.
constexpr qsizetype kTail = kHashMember.size() + kHashDigits + 2;

QByteArray hashOf(QByteArrayView text, const QByteArray &key)
{
    return (key.isEmpty() ? crypto::sha256(text) : crypto::hmacSha256(key, text)).toHex();
}

QByteArray quoted(const QString &text)
{
    // An array is the shortest way to a JSON string with every escape right.
    const QByteArray array = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return array.sliced(1, array.size() - 2);
}

void add(QByteArray &line, QByteArrayView name, const QString &value)
{
    if (value.isEmpty())
        return;
    line += ",\"" + name.toByteArray() + "\":" + quoted(logging::redact(value.left(kMaxText)));
}

void add(QByteArray &line, QByteArrayView name, qint64 value)
{
    if (value > 0)
        line += ",\"" + name.toByteArray() + "\":" + QByteArray::number(value);
}

} // namespace

QString kindName(AuditEvent::Kind kind)
{
    switch (kind) {
    case AuditEvent::Kind::Login:
        return u"login"_s;
    case AuditEvent::Kind::Logout:
        return u"logout"_s;
    case AuditEvent::Kind::Refusal:
        return u"refusal"_s;
    case AuditEvent::Kind::Exchange:
        return u"exchange"_s;
    case AuditEvent::Kind::Decision:
        return u"policy_decision"_s;
    case AuditEvent::Kind::Admin:
        return u"admin_action"_s;
    case AuditEvent::Kind::KeyCreated:
        return u"api_key_created"_s;
    case AuditEvent::Kind::KeyRevoked:
        return u"api_key_revoked"_s;
    case AuditEvent::Kind::Limited:
        return u"rate_limited"_s;
    case AuditEvent::Kind::Call:
        return u"tool_call"_s;
    }
    return {};
}

QByteArray chained(const AuditEvent &event, const Mishap &mishap, const QDateTime &time,
                   const QByteArray &key, Link &last)
{
    QByteArray line = "{\"time\":" + quoted(isoUtc(time));
    add(line, "seq", ++last.sequence);
    add(line, "event", kindName(event.kind));
    if (event.success)
        line += *event.success ? ",\"success\":true" : ",\"success\":false";
    add(line, "user", event.owner.isEmpty() ? QString() : fingerprint(event.owner));
    add(line, "strategy", event.strategy);
    add(line, "action", event.action);
    add(line, "target", event.target);
    add(line, "reason", event.reason);
    add(line, "session", event.session);
    add(line, "address", event.address);
    add(line, "user_agent", event.userAgent);
    add(line, "request_id", event.requestId);
    if (event.durationMs >= 0)
        line += ",\"duration_ms\":" + QByteArray::number(event.durationMs);
    add(line, "repeated", event.repeated);
    add(line, "lost", mishap.lost);
    add(line, "torn", mishap.torn);
    line += ",\"prev\":\"" + last.hash + '"';
    last.hash = hashOf(line, key);
    return line + kHashMember.toByteArray() + last.hash + "\"}\n";
}

std::optional<Link> linkOf(QByteArrayView line)
{
    const QJsonObject object = QJsonDocument::fromJson(line.toByteArray()).object();
    Link link{object["seq"_L1].toInteger(), object["hash"_L1].toString().toLatin1()};
    if (link.sequence < 1 || link.hash.size() != kHashDigits || line.size() < kTail
        || line.sliced(line.size() - kTail, kHashMember.size()) != kHashMember)
        return std::nullopt;
    return link;
}

QString ChainCheck::next(QByteArrayView line)
{
    const std::optional<Link> link = linkOf(line);
    if (!link)
        return u"it is no line of an audit log."_s;
    const QJsonObject object = QJsonDocument::fromJson(line.toByteArray()).object();
    const QByteArray before = object["prev"_L1].toString().toLatin1();
    if (m_count == 0)
        m_last = {link->sequence - 1, before};
    // Counted even when it is wrong, so that later ones can be told apart.
    ++m_count;
    const Link expected = std::exchange(m_last, *link);
    if (m_first == 0)
        m_first = link->sequence;
    if (!crypto::isEqual(link->hash, hashOf(line.chopped(kTail), m_key)))
        return m_key.isEmpty()
                   ? u"it was changed after it was written, or was written with a key "
                     "(AUDIT_KEY)."_s
                   : u"it was changed after it was written, or was written with another key."_s;
    if (m_count > 1 && link->sequence == 1 && before == Link().hash)
        return u"a new chain begins here, as at the start of a bridge that found no file of before "
               "beside this one. Verify the files from here on by themselves, and compare the end "
               "of the earlier ones with what was kept elsewhere: number %1, hash %2."_s
                   .arg(expected.sequence)
                   .arg(QString::fromLatin1(expected.hash));
    if (link->sequence == 1 && before != Link().hash)
        return u"it says to be the first, but follows another."_s;
    if (before != expected.hash || link->sequence != expected.sequence + 1)
        return u"it does not follow the line before: number %1 was expected and this is %2. Lines "
               "are missing, or the files are not in order, oldest first."_s
                   .arg(expected.sequence + 1)
                   .arg(link->sequence);
    m_lost += object["lost"_L1].toInteger();
    return {};
}

} // namespace bridge::audit
