// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/feedback.h"

#include "common/json/coerce.h"
#include "common/json/schema.h"
#include "server/sessions/elicitation.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::sessions {

namespace {

constexpr auto kAccept = "accept"_L1;
constexpr auto kDecline = "decline"_L1;
constexpr auto kCancel = "cancel"_L1;

/// The text between `<user_feedback …>` and `</user_feedback>`, or all of it, trimmed.
QString unwrapped(const QString &text)
{
    const auto tag = "<user_feedback"_L1;
    for (qsizetype at = 0; (at = text.indexOf(tag, at, Qt::CaseInsensitive)) >= 0; ++at) {
        const qsizetype next = at + tag.size();
        if (next >= text.size() || (text.at(next) != u'>' && !text.at(next).isSpace()))
            continue;
        const qsizetype begin = text.indexOf(u'>', next);
        const qsizetype end =
            begin < 0 ? -1 : text.indexOf("</user_feedback>"_L1, begin, Qt::CaseInsensitive);
        if (end < 0)
            break;
        return text.mid(begin + 1, end - begin - 1).trimmed();
    }
    return text.trimmed();
}

/// The action a single word stands for, empty when it is no such word.
QString actionOfWord(const QString &text)
{
    const QString word = text.toLower();
    if (word == kCancel || word == "dismiss"_L1)
        return kCancel;
    if (word == kDecline || word == "reject"_L1 || word == "no"_L1)
        return kDecline;
    return {};
}

/// Values that are no text are read as the JSON text they would be.
QString textOf(const QJsonValue &feedback)
{
    if (feedback.isString())
        return unwrapped(feedback.toString());
    const QByteArray inList = QJsonDocument(QJsonArray{feedback}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(inList.sliced(1, inList.size() - 2));
}

QJsonObject schemaOf(const QJsonObject &elicitation)
{
    return elicitation["requestedSchema"_L1].toObject();
}

Error wrong(const QString &message, const QJsonObject &elicitation)
{
    return elicitationError(ErrorCode::InvalidFeedback, message, elicitation);
}

Result<ElicitAnswer> fromObject(const QJsonObject &object, const QJsonObject &elicitation)
{
    const QString action = object.contains("action"_L1)
                               ? object["action"_L1].toString().trimmed().toLower()
                               : QString(kAccept);
    if (action == kDecline || action == kCancel)
        return ElicitAnswer{action, {}};
    if (action == kAccept && object["content"_L1].isObject())
        return ElicitAnswer{action, object["content"_L1].toObject()};
    if (action == kAccept) {
        QJsonObject content = object;
        content.remove("action"_L1);
        return ElicitAnswer{action, content};
    }
    // A form may well have a field of its own that is called `action`.
    if (schemaOf(elicitation)["properties"_L1].toObject().contains("action"_L1))
        return ElicitAnswer{kAccept, object};
    return wrong(u"The feedback's action must be accept, decline or cancel."_s, elicitation);
}

/// The field a plain text is meant for; empty when there are no fields at all.
QString fieldFor(const QJsonObject &schema)
{
    const QJsonObject properties = schema["properties"_L1].toObject();
    const QJsonArray required = schema["required"_L1].toArray();
    if (properties.isEmpty())
        return {};
    if (required.size() == 1)
        return required.first().toString();
    for (const QString &name : {u"response"_s, u"selection"_s}) {
        if (properties.contains(name))
            return name;
    }
    return properties.size() == 1 ? properties.constBegin().key() : u"response"_s;
}

QJsonValue selectedTexts(const QString &text)
{
    const QJsonDocument list = QJsonDocument::fromJson(text.toUtf8());
    if (list.isArray())
        return list.array();
    QJsonArray parts;
    for (const QString &part : text.split(u',', Qt::SkipEmptyParts))
        parts.append(part.trimmed());
    return parts;
}

QJsonValue coerced(const QString &text, const QJsonObject &field)
{
    if (isMultiSelect(field))
        return selectedTexts(text);
    // What cannot be read as the field's type stays a text, which the validation then refuses.
    return json::coerceText(text, field).value_or(QJsonValue(text));
}

ElicitAnswer fromText(const QString &text, const QJsonObject &schema)
{
    const QString name = fieldFor(schema);
    if (name.isEmpty())
        return {kAccept, {}};
    const QJsonObject field = schema["properties"_L1][name].toObject();
    return {kAccept, QJsonObject{{name, coerced(text, field)}}};
}

Result<ElicitAnswer> read(const QJsonValue &feedback, const QJsonObject &elicitation)
{
    if (feedback.isObject())
        return fromObject(feedback.toObject(), elicitation);
    const QString text = textOf(feedback);
    if (const QString action = actionOfWord(text); !action.isEmpty())
        return ElicitAnswer{action, {}};
    if (const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8()); document.isObject())
        return fromObject(document.object(), elicitation);
    return fromText(text, schemaOf(elicitation));
}

Result<ElicitAnswer> validated(ElicitAnswer answer, const QJsonObject &elicitation)
{
    const Result<json::Schema> schema = json::Schema::compile(schemaOf(elicitation));
    if (!schema) {
        return elicitationError(
            ErrorCode::UnsupportedElicitation,
            u"The tool's schema for its question is of no use: %1"_s.arg(schema.error().message),
            elicitation);
    }
    const QList<FieldProblem> problems = schema->validate(answer.content);
    if (problems.isEmpty())
        return answer;
    const FieldProblem &first = problems.constFirst();
    Error error = wrong(u"The feedback does not fit the question: %1 %2. Answer again."_s.arg(
                            first.path.isEmpty() ? u"it"_s : first.path, first.message),
                        elicitation);
    error.problems = problems;
    return error;
}

} // namespace

QJsonObject ElicitAnswer::toResult(bool withContent) const
{
    QJsonObject result{{"action"_L1, action}};
    if (withContent && action == kAccept)
        result["content"_L1] = content;
    return result;
}

Result<ElicitAnswer> parseFeedback(const QJsonValue &feedback, const QJsonObject &elicitation)
{
    Result<ElicitAnswer> answer = read(feedback, elicitation);
    if (!answer || answer->action != kAccept)
        return answer;
    // Opening a page is all there is to accept; what else was sent has nowhere to go.
    if (elicitation["mode"_L1].toString() == "url"_L1)
        return ElicitAnswer{kAccept, {}};
    return validated(std::move(answer).value(), elicitation);
}

} // namespace bridge::sessions
