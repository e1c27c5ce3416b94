// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/oldcontent.h"

#include "common/json/writer.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

bool knowsAudio(const QString &revision)
{
    return revision >= "2025-03-26"_L1;
}

/// Resource links came together with structured content.
bool knowsLinks(const QString &revision)
{
    return revision >= "2025-06-18"_L1;
}

QJsonObject textBlock(const QString &text)
{
    return {{"type"_L1, u"text"_s}, {"text"_L1, text}};
}

QJsonObject blockFor(const QJsonObject &block, const QString &revision)
{
    const QString type = block["type"_L1].toString();
    if (type == "audio"_L1 && !knowsAudio(revision)) {
        return textBlock(u"[Audio (%1) left out: this client's protocol revision has none.]"_s.arg(
            block["mimeType"_L1].toString()));
    }
    if (type == "resource_link"_L1 && !knowsLinks(revision)) {
        return textBlock(
            u"[Resource %1: %2]"_s.arg(block["name"_L1].toString(), block["uri"_L1].toString()));
    }
    return block;
}

/// A prompt has one block per message, a tool's result a list.
QJsonValue contentFor(const QJsonValue &content, const QString &revision)
{
    if (content.isObject())
        return blockFor(content.toObject(), revision);
    QJsonArray blocks;
    const QJsonArray given = content.toArray();
    for (const QJsonValue &block : given)
        blocks.append(blockFor(block.toObject(), revision));
    return blocks;
}

/// An object stays for all: results of every revision may hold further members, and there are
/// clients of 2025-03-26 that check it against the tool's output schema already.
void adaptStructured(QJsonObject &result, const QString &revision)
{
    const QJsonValue structured = result["structuredContent"_L1];
    if (structured.isUndefined() || (knowsLinks(revision) && structured.isObject()))
        return;
    if (!structured.isObject())
        result.remove("structuredContent"_L1);
    if (result["content"_L1].toArray().isEmpty())
        result["content"_L1] =
            QJsonArray{textBlock(QString::fromUtf8(json::compactJson(structured)))};
}

bool mayNeedChange(const QByteArray &result, const QString &revision)
{
    if (!knowsAudio(revision) && result.contains("\"audio\""))
        return true;
    if (!knowsLinks(revision) && result.contains("\"resource_link\""))
        return true;
    return result.contains("\"structuredContent\"");
}

} // namespace

QByteArray withOldContent(const QByteArray &result, const QString &revision)
{
    if (!mayNeedChange(result, revision))
        return result;
    const QJsonObject given = QJsonDocument::fromJson(result).object();
    QJsonObject adapted = given;
    adaptStructured(adapted, revision);
    if (adapted.contains("content"_L1))
        adapted["content"_L1] = contentFor(adapted["content"_L1], revision);
    QJsonArray messages;
    const QJsonArray old = given["messages"_L1].toArray();
    for (const QJsonValue &one : old) {
        QJsonObject message = one.toObject();
        message["content"_L1] = contentFor(message["content"_L1], revision);
        messages.append(message);
    }
    if (!messages.isEmpty())
        adapted["messages"_L1] = messages;
    if (adapted == given)
        return result;
    return QJsonDocument(adapted).toJson(QJsonDocument::Compact);
}

} // namespace bridge::gateway
