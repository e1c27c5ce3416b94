// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/promptbook.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

constexpr qint64 kMaxTemplateBytes = 1024 * 1024;

bool isIdentifier(QStringView text)
{
    if (text.isEmpty() || !(text.front().isLetter() || text.front() == '_'_L1))
        return false;
    return std::all_of(text.begin(), text.end(),
                       [](QChar c) { return c.isLetterOrNumber() || c == '_'_L1; });
}

Result<QString> readTemplate(const QString &file, const PromptBookOptions &options)
{
    const bool absolute = QDir::isAbsolutePath(file);
    if (absolute && !options.allowAbsolutePaths)
        return Error(
            ErrorCode::InvalidConfig,
            u"names an absolute file; set PROMPTS_ALLOW_ABSOLUTE_PATHS=true to allow it"_s);
    const QString clean = QDir::cleanPath(file);
    if (!absolute && (clean == ".."_L1 || clean.startsWith("../"_L1)))
        return Error(ErrorCode::InvalidConfig, u"names a file outside PROMPTS_DIR"_s);
    QFile source(absolute ? clean : QDir(options.folder).filePath(clean));
    if (!source.open(QIODevice::ReadOnly) || source.size() > kMaxTemplateBytes)
        return Error(ErrorCode::Internal, source.errorString());
    return QString::fromUtf8(source.readAll());
}

} // namespace

Result<QString> fillTemplate(const QString &text, const QJsonObject &arguments)
{
    QString filled;
    filled.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        const bool doubled = i + 1 < text.size() && text[i + 1] == c;
        if ((c == '{'_L1 || c == '}'_L1) && doubled) {
            filled += c;
            ++i;
            continue;
        }
        const qsizetype end = c == '{'_L1 ? text.indexOf('}'_L1, i) : -1;
        const QStringView name =
            end > 0 ? QStringView(text).mid(i + 1, end - i - 1) : QStringView();
        if (!isIdentifier(name)) {
            filled += c;
            continue;
        }
        const auto value = arguments.find(name);
        if (value == arguments.end())
            return Error(ErrorCode::InvalidArguments,
                         u"The prompt needs the argument `%1`. Add it to the body."_s.arg(name));
        filled += value->toString();
        i = end;
    }
    return filled;
}

Result<PromptBook> PromptBook::load(const QJsonArray &prompts, const PromptBookOptions &options)
{
    PromptBook book;
    Error failure(ErrorCode::InvalidConfig, u"SYSTEM_DEFINED_PROMPTS has problems."_s);
    const auto problem = [&](qsizetype index, const QString &text) {
        failure.problems.append({u"SYSTEM_DEFINED_PROMPTS[%1]"_s.arg(index), text});
    };
    static const QSet<QString> known{u"name"_s, u"title"_s, u"description"_s, u"arguments"_s,
                                     u"template"_s};
    for (qsizetype i = 0; i < prompts.size(); ++i) {
        const QJsonObject given = prompts[i].toObject();
        const QJsonObject form = given.value("template"_L1).toObject();
        Entry entry;
        entry.name = given.value("name"_L1).toString();
        entry.description = given.value("description"_L1).toString();
        entry.role = form.value("role"_L1).toString(u"assistant"_s);
        if (entry.name.isEmpty())
            problem(i, u"has no `name`"_s);
        for (const QString &key : given.keys()) {
            if (!known.contains(key))
                problem(i, u"has the unknown member `%1`"_s.arg(key));
        }
        if (!form.contains("content"_L1) && !form.contains("file"_L1))
            problem(i, u"needs `template` with `content` or `file`"_s);
        if (book.contains(entry.name))
            problem(i, u"repeats the name `%1`"_s.arg(entry.name));
        if (form.contains("file"_L1)) {
            Result<QString> text = readTemplate(form.value("file"_L1).toString(), options);
            if (text)
                entry.text = *text;
            else if (text.error().code == ErrorCode::InvalidConfig)
                problem(i, text.error().message);
            else
                entry.failure = u"The template file of this prompt could not be read."_s;
        } else {
            entry.text = form.value("content"_L1).toString();
        }
        entry.listed = {{"name"_L1, entry.name},
                        {"title"_L1, given.value("title"_L1).toString(entry.name)},
                        {"description"_L1, entry.description},
                        {"arguments"_L1, given.value("arguments"_L1).toArray()}};
        if (options.exposeTemplates)
            entry.listed["template"_L1] = form;
        book.m_entries.append(entry);
    }
    if (!failure.problems.isEmpty())
        return failure;
    return book;
}

bool PromptBook::contains(const QString &name) const
{
    return std::any_of(m_entries.begin(), m_entries.end(),
                       [&](const Entry &entry) { return entry.name == name; });
}

QList<QByteArray> PromptBook::listing() const
{
    QList<QByteArray> list;
    for (const Entry &entry : m_entries)
        list.append(QJsonDocument(entry.listed).toJson(QJsonDocument::Compact));
    return list;
}

Result<QJsonObject> PromptBook::render(const QString &name, const QJsonObject &arguments) const
{
    for (const Entry &entry : m_entries) {
        if (entry.name != name)
            continue;
        if (!entry.failure.isEmpty())
            return Error(ErrorCode::Internal, entry.failure);
        Result<QString> text = fillTemplate(entry.text, arguments);
        if (!text)
            return text.error();
        const QJsonObject content{{"type"_L1, u"text"_s}, {"text"_L1, *text}};
        return QJsonObject{{"isError"_L1, false},
                           {"meta"_L1, QJsonValue::Null},
                           {"description"_L1, entry.description},
                           {"messages"_L1, QJsonArray{QJsonObject{{"role"_L1, entry.role},
                                                                  {"content"_L1, content}}}}};
    }
    return Error(ErrorCode::PromptNotFound, u"Prompt not found."_s);
}

} // namespace bridge::routes
