// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/command.h"

#include "common/config/loader.h"
#include "common/config/suggest.h"
#include "common/logging/redaction.h"

using namespace Qt::StringLiterals;

namespace bridge::cli {

Result<Words> readWords(const QString &command, const QStringList &arguments,
                        const QStringList &withValue, const QStringList &switches,
                        const QStringList &settings)
{
    const QStringList passedOn = settings + QStringList{u"--config"_s};
    const QStringList flags = switches + QStringList{u"--help"_s, u"-h"_s, u"--no-env-file"_s};
    Words words;
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        const QString &argument = arguments.at(i);
        const bool isOption = argument.startsWith(u'-') && argument.size() > 1;
        if (!isOption) {
            words.plain.append(argument);
            continue;
        }
        const qsizetype sign = argument.indexOf(u'=');
        const QString name = argument.left(sign);
        if (flags.contains(argument)) {
            (argument == "--no-env-file"_L1 ? words.forSettings : words.switches).append(argument);
            continue;
        }
        if (!withValue.contains(name) && !passedOn.contains(name))
            return Error(ErrorCode::InvalidConfig,
                         u"%1 is no option of `mcp-bridge %2`.%3 `mcp-bridge %2 --help` lists "
                         "them."_s.arg(name, command,
                                       config::didYouMean(name, withValue + passedOn + flags)));
        if (sign < 0 && i + 1 >= arguments.size())
            return Error(ErrorCode::InvalidConfig, u"%1 needs a value."_s.arg(name));
        const QString value = sign < 0 ? arguments.at(++i) : argument.mid(sign + 1);
        if (withValue.contains(name))
            words.options[name].append(value);
        else
            words.forSettings.append(name + u'=' + value);
    }
    return words;
}

Result<config::Settings> settingsFor(const QStringList &forSettings, const CommandPlace &place)
{
    auto loaded = config::load(forSettings, place.environment, place.directory);
    if (!loaded)
        return loaded.error();
    for (const QString &secret : loaded->settings.secretValues())
        logging::registerSecret(secret);
    return std::move(loaded->settings);
}

Error flattened(const Error &error)
{
    if (error.problems.isEmpty())
        return error;
    QStringList texts;
    for (const FieldProblem &problem : error.problems)
        texts.append(problem.path + u' ' + problem.message);
    return {error.code, texts.join(u'\n')};
}

} // namespace bridge::cli
