// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/auditcommand.h"

#include "server/audit/chain.h"

#include <QtCore/QDir>
#include <QtCore/QFile>

using namespace Qt::StringLiterals;

namespace bridge::cli {

namespace {

/// No line of ours is nearly as long.
constexpr qint64 kLongestLine = 1024 * 1024;

QString help()
{
    return u"Usage: mcp-bridge audit verify [options] FILE…\n"
           "\n"
           "Checks that no line of an audit log was changed, taken out or put between. Several\n"
           "files are one log that was rotated: name the oldest first. Ends with 0 when all is\n"
           "well, else with 1 and the first line that is wrong, and with 1 when there is no\n"
           "line at all. AUDIT_KEY or AUDIT_KEY_FILE has to be what it was when the log was\n"
           "written.\n"
           "\n"
           "A cut end cannot be seen in the file itself: compare the last hash with one that was\n"
           "kept elsewhere.\n"
           "\n"
           "  --config FILE   settings of the bridge, for AUDIT_KEY\n"
           "  --no-env-file   do not read .env in the working directory\n"_s;
}

/// The place of the first wrong line of \a path and what is wrong; empty when none is.
Result<QString> checkFile(const QString &path, const QString &shown, audit::ChainCheck &check)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error(ErrorCode::InvalidConfig,
                     u"%1 cannot be read: %2."_s.arg(shown, file.errorString()));
    for (qint64 number = 1; !file.atEnd(); ++number) {
        const QByteArray line = file.readLine(kLongestLine);
        const QString problem = line.endsWith('\n')
                                    ? check.next(QByteArrayView(line).chopped(1))
                                    : u"it is incomplete, as after a crash or a cut."_s;
        if (!problem.isEmpty())
            return u"%1: line %2 is wrong: %3"_s.arg(shown).arg(number).arg(problem);
    }
    return QString();
}

QString summary(const audit::ChainCheck &check)
{
    QString text = u"%1 %2 one unbroken chain%3. Last: number %4, hash %5\n"_s.arg(check.count())
                       .arg(check.count() == 1 ? u"line is"_s : u"lines are"_s,
                            check.isWhole() ? QString() : u" that goes on from an earlier file"_s)
                       .arg(check.last().sequence)
                       .arg(QString::fromLatin1(check.last().hash));
    if (check.lost() > 0)
        text += u"%1 events could not be written at the time; the log itself says so.\n"_s.arg(
            check.lost());
    return text;
}

Result<CommandText> verify(const Words &words, const CommandPlace &place)
{
    const auto settings = settingsFor(words.forSettings, place);
    if (!settings)
        return settings.error();
    audit::ChainCheck check(settings->text(u"AUDIT_KEY"_s).trimmed().toUtf8());
    for (const QString &path : words.plain.mid(1)) {
        const auto problem = checkFile(QDir(place.directory).absoluteFilePath(path), path, check);
        if (!problem)
            return problem.error();
        if (!problem->isEmpty())
            return CommandText{{}, *problem + u'\n', 1};
    }
    if (check.count() == 0)
        return CommandText{{},
                           u"There are no lines to verify. Unless the log has just been begun or "
                           "rotated, somebody emptied it.\n"_s,
                           1};
    return CommandText{summary(check), {}};
}

} // namespace

Result<CommandText> auditCommand(const QStringList &arguments, const CommandPlace &place)
{
    const auto words = readWords(u"audit"_s, arguments, {}, {}, {});
    if (!words)
        return words.error();
    if (words->has(u"--help"_s) || words->has(u"-h"_s))
        return CommandText{help(), {}};
    if (words->plain.size() < 2 || words->plain.constFirst() != "verify"_L1)
        return Error(ErrorCode::InvalidConfig,
                     u"`mcp-bridge audit` is followed by verify and one or more files. `mcp-bridge "
                     "audit --help` tells more."_s);
    return verify(*words, place);
}

} // namespace bridge::cli
