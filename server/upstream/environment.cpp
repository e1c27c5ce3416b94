// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/environment.h"

#include "common/config/optiontable.h"
#include "common/logging/redaction.h"
#include "server/upstream/placeholders.h"

#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtCore/QStandardPaths>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr qsizetype kLabelLength = 80;
constexpr qsizetype kShortestSecret = 6;

bool isBase(const QString &name)
{
    static const QSet<QString> names{
        u"HOME"_s,
        u"LOGNAME"_s,
        u"PATH"_s,
        u"SHELL"_s,
        u"TERM"_s,
        u"USER"_s,
        u"LANG"_s,
        u"TZ"_s,
        u"TMPDIR"_s,
#ifdef Q_OS_WIN
        // Without these most programs do not even load their libraries.
        u"APPDATA"_s,
        u"COMSPEC"_s,
        u"HOMEDRIVE"_s,
        u"HOMEPATH"_s,
        u"LOCALAPPDATA"_s,
        u"PATHEXT"_s,
        u"PROCESSOR_ARCHITECTURE"_s,
        u"PROGRAMDATA"_s,
        u"PROGRAMFILES"_s,
        u"SYSTEMDRIVE"_s,
        u"SYSTEMROOT"_s,
        u"TEMP"_s,
        u"TMP"_s,
        u"USERNAME"_s,
        u"USERPROFILE"_s,
        u"WINDIR"_s,
#endif
    };
#ifdef Q_OS_WIN
    return names.contains(name.toUpper());
#else
    return names.contains(name) || name.startsWith("LC_"_L1);
#endif
}

/// Every program has its use for these.
bool isEverybodys(const QString &name)
{
    return name.compare("HTTPS_PROXY"_L1, Qt::CaseInsensitive) == 0
           || name.compare("HTTP_PROXY"_L1, Qt::CaseInsensitive) == 0;
}

bool isOwnSecret(const QString &name)
{
    if (isEverybodys(name))
        return false;
    const config::Option *option = config::optionTable().find(name);
    return (option && option->secret) || config::optionTable().findSecretFile(name);
}

bool passes(const QString &name, const config::GlobList &globs, const QStringList &patterns)
{
    if (!globs.matches(name))
        return false;
    return !isOwnSecret(name) || patterns.contains(name);
}

/// Values a child may repeat on stderr, wherever its environment got them from.
QStringList secretsOf(const Identity &identity, const QProcessEnvironment &environment)
{
    QStringList secrets = identity.environment.values();
    const QStringList names = environment.keys();
    for (const QString &name : names) {
        if (logging::isSecretName(name))
            secrets.append(environment.value(name));
    }
    secrets.removeIf([](const QString &value) { return value.size() < kShortestSecret; });
    return secrets;
}

/// A plain name is looked up in the child's PATH, not in the bridge's.
QString programPath(const QString &program, const QProcessEnvironment &environment)
{
    if (program.contains(u'/') || program.contains(u'\\'))
        return program;
    const QStringList folders =
        environment.value(u"PATH"_s).split(QDir::listSeparator(), Qt::SkipEmptyParts);
    const QString found = QStandardPaths::findExecutable(program, folders);
    return found.isEmpty() ? program : found;
}

/// A path, also one given as `--option=path`, without the folders it is in.
QString withoutFolders(const QString &word)
{
    const qsizetype begin = word.startsWith(u'-') ? word.indexOf(u'=') + 1 : 0;
    const QString value = word.mid(begin);
    const bool isPath = value.startsWith(u'/') || (value.size() > 2 && value[1] == u':');
    return isPath ? word.left(begin) + u"…/"_s + QFileInfo(value).fileName() : word;
}

} // namespace

Result<QProcessEnvironment> childEnvironment(const ServerDefinition &definition,
                                             const Identity &identity,
                                             const QProcessEnvironment &own)
{
    const auto globs = config::GlobList::fromList(definition.environmentPassthrough);
    QProcessEnvironment environment;
    const QStringList names = own.keys();
    for (const QString &name : names) {
        if (isBase(name) || passes(name, globs, definition.environmentPassthrough))
            environment.insert(name, own.value(name));
    }
    for (auto it = definition.environment.cbegin(); it != definition.environment.cend(); ++it) {
        const Result<QString> value = fillPlaceholders(it.value(), identity.placeholders);
        if (!value)
            return value.error();
        environment.insert(it.key(), *value);
    }
    for (auto it = identity.environment.cbegin(); it != identity.environment.cend(); ++it)
        environment.insert(it.key(), it.value());
    if (!environment.contains(u"PATH"_s))
        environment.insert(u"PATH"_s, u"/usr/local/bin:/usr/bin:/bin"_s);
    return environment;
}

Result<ChildSpec> childSpec(const ServerDefinition &definition, const Identity &identity,
                            const QProcessEnvironment &own)
{
    const Result<QStringList> command = fillCommand(definition.command, identity.placeholders);
    if (!command)
        return command.error();
    if (command->isEmpty() || command->first().isEmpty())
        return Error(ErrorCode::UpstreamStart,
                     u"Server \"%1\" has no command."_s.arg(definition.name));
    Result<QProcessEnvironment> environment = childEnvironment(definition, identity, own);
    if (!environment)
        return environment.error();
    const Result<QString> folder =
        fillPlaceholders(definition.workingDirectory, identity.placeholders);
    if (!folder)
        return folder.error();

    ChildSpec spec;
    spec.server = definition.name;
    spec.command = commandLabel(definition.command);
    spec.program = programPath(command->first(), *environment);
    spec.arguments = command->sliced(1);
    spec.workingDirectory = *folder;
    spec.limits = definition.limits;
    spec.secrets = secretsOf(identity, *environment);
    spec.environment = std::move(*environment);
    return spec;
}

QString commandLabel(const QStringList &command)
{
    QString label;
    bool hideNext = false;
    for (qsizetype i = 0; i < command.size(); ++i) {
        const QString &word = command[i];
        QString shown = i == 0 ? QFileInfo(word).fileName() : withoutFolders(word);
        const qsizetype equals = word.indexOf(u'=');
        if (hideNext)
            shown = logging::kRedacted;
        else if (word.startsWith(u'-') && equals > 0 && logging::isSecretName(word.left(equals)))
            shown = word.left(equals + 1) + logging::kRedacted;
        hideNext = !hideNext && word.startsWith(u'-') && equals < 0 && logging::isSecretName(word);
        label += (label.isEmpty() ? QString() : u" "_s) + shown;
        if (label.size() > kLabelLength)
            return logging::redact(label).left(kLabelLength - 1) + u'…';
    }
    return logging::redact(label);
}

} // namespace bridge::upstream
