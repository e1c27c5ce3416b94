// SPDX-License-Identifier: GPL-3.0-or-later
// Prompts the operator configured (SYSTEM_DEFINED_PROMPTS, contract §6). They follow the server's
// own in listings and win over a server's prompt of the same name.
#pragma once

#include "common/base/result.h"

#include <QtCore/QJsonArray>
#include <QtCore/QMap>

namespace bridge::routes {

struct PromptBookOptions {
    QString folder;                  ///< PROMPTS_DIR; relative template files are looked up there
    bool allowAbsolutePaths = false; ///< PROMPTS_ALLOW_ABSOLUTE_PATHS
    bool exposeTemplates = false;    ///< SYSTEM_PROMPTS_EXPOSE_TEMPLATE
};

class PromptBook
{
public:
    PromptBook() = default;
    /// Validates everything and reads the template files, once, at start. All problems are in
    /// Error::problems. A file that cannot be read is no problem yet: the prompt answers 500.
    static Result<PromptBook> load(const QJsonArray &prompts, const PromptBookOptions &options);

    bool isEmpty() const { return m_entries.isEmpty(); }
    bool contains(const QString &name) const;
    /// List entries in configured order, as JSON text.
    QList<QByteArray> listing() const;
    /// The prompt result of contract §1.4. InvalidArguments names a missing argument.
    Result<QJsonObject> render(const QString &name, const QJsonObject &arguments) const;

private:
    struct Entry {
        QJsonObject listed;
        QString name;
        QString description;
        QString role;
        QString text;
        QString failure; ///< why there is no text
    };
    QList<Entry> m_entries;
};

/// Replaces `{identifier}` by its argument; `{{` and `}}` are literal braces, anything else in
/// braces stays as it is.
Result<QString> fillTemplate(const QString &text, const QJsonObject &arguments);

} // namespace bridge::routes
