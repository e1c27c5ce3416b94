// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/definition.h"

#include "common/config/loader.h"
#include "common/config/shellwords.h"
#include "server/upstream/overlays.h"
#include "server/upstream/placeholders.h"
#include "server/upstream/remoteconfig.h"
#include "server/upstream/serverentry.h"

#include <QtCore/QCoreApplication>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

ChildLimits limitsFrom(const config::Settings &settings)
{
    ChildLimits limits;
    limits.memoryMb = settings.integer(u"MCP_CHILD_MAX_MEMORY_MB"_s);
    limits.cpuSeconds = settings.integer(u"MCP_CHILD_CPU_SECONDS"_s);
    limits.openFiles = settings.integer(u"MCP_CHILD_MAX_OPEN_FILES"_s);
    limits.lifetime = settings.seconds(u"MCP_CHILD_MAX_LIFETIME_SECONDS"_s);
    return limits;
}

/// What every server has in common unless its entry says otherwise.
ServerDefinition base(const config::Settings &settings)
{
    ServerDefinition definition;
    definition.name = u"default"_s;
    definition.auth = serverAuth(settings);
    definition.environment = settings.family(u"MCP_ENV_"_s);
    definition.environmentPassthrough = settings.list(u"MCP_CHILD_ENV_PASSTHROUGH"_s);
    definition.limits = limitsFrom(settings);
    definition.warmPoolSize = int(settings.integer(u"MCP_WARM_POOL_SIZE"_s));
    definition.startTimeout = settings.seconds(u"MCP_START_TIMEOUT_SECONDS"_s);
    definition.toolTimeout = settings.seconds(u"MCP_TOOL_TIMEOUT_SECONDS"_s);
    definition.requestTimeout = settings.seconds(u"MCP_REQUEST_TIMEOUT_SECONDS"_s);
    definition.maxMessageBytes = settings.bytes(u"MCP_MAX_MESSAGE_BYTES"_s);
    definition.maxResponseBytes = settings.bytes(u"MCP_MAX_RESPONSE_BYTES"_s);
    definition.cacheTtl = settings.boolean(u"ENABLE_SCHEMA_CACHE"_s)
                              ? settings.seconds(u"SCHEMA_CACHE_TTL"_s)
                              : std::chrono::milliseconds(0);
    definition.include = config::GlobList::fromList(settings.list(u"INCLUDE_TOOLS"_s));
    definition.exclude = config::GlobList::fromList(settings.list(u"EXCLUDE_TOOLS"_s));
    definition.effect = config::GlobList::fromList(settings.list(u"EFFECT_TOOLS"_s));
    definition.headerMappings = headerMappings(settings.list(u"MCP_MAP_HEADER_TO_INPUT"_s));
    definition.headerMappingStrict = settings.boolean(u"MCP_MAP_HEADER_STRICT"_s);
    definition.validateInput = settings.boolean(u"MCP_VALIDATE_INPUT"_s);
    definition.outputSchemas = loadOverlays(settings.json(u"TOOL_OUTPUT_SCHEMAS"_s).toObject(),
                                            settings.json(u"TOOL_OUTPUT_SCHEMA"_s).toObject());
    return definition;
}

/// Those of the variables that every server gets.
QList<FieldProblem> variableProblems(const ServerDefinition &definition)
{
    QList<FieldProblem> problems;
    const QMap<QString, QString> &variables = definition.environment;
    for (auto it = variables.cbegin(); it != variables.cend(); ++it) {
        if (const QString wrong = placeholderProblem(it.value()); !wrong.isEmpty())
            problems.append({"MCP_ENV_"_L1 + it.key(), wrong});
    }
    return problems;
}

Result<QList<ServerDefinition>> fromCommand(const config::Loaded &loaded,
                                            ServerDefinition definition, const QString &place)
{
    QList<FieldProblem> problems = variableProblems(definition);
    for (const QString &word : std::as_const(definition.command)) {
        if (const QString wrong = placeholderProblem(word); !wrong.isEmpty())
            problems.append({place, wrong});
    }
    if (!problems.isEmpty())
        return config::settingsError(std::move(problems), loaded.configFile);
    return QList<ServerDefinition>{std::move(definition)};
}

Result<QList<ServerDefinition>> fromFile(const config::Loaded &loaded,
                                         const ServerDefinition &common)
{
    const QString wanted = loaded.settings.text(u"MCP_DEFAULT_SERVER"_s);
    QList<ServerDefinition> definitions;
    QList<FieldProblem> problems = variableProblems(common);
    const RemoteDefinition remote = remoteCommon(loaded.settings, problems);
    for (const QString &name : loaded.serverNames) {
        ServerDefinition definition =
            readServerEntry(name, loaded.mcpServers.value(name).toObject(), common, remote,
                            loaded.configFile, problems);
        definition.isDefault = name == wanted;
        definitions.append(std::move(definition));
    }
    if (!problems.isEmpty())
        return config::settingsError(std::move(problems), loaded.configFile);
    return definitions;
}

Result<QList<ServerDefinition>> fromRemote(const config::Loaded &loaded,
                                           ServerDefinition definition)
{
    QList<FieldProblem> problems;
    if (!loaded.serverCommand.isEmpty()
        || !loaded.settings.text(u"MCP_SERVER_COMMAND"_s).trimmed().isEmpty())
        problems.append({u"MCP_REMOTE_SERVER"_s,
                         u"is set, and a command for a local MCP server is given too. Keep one; "
                         "several servers go into mcpServers of the configuration file."_s});
    definition.remote =
        remoteServer(loaded.settings, remoteCommon(loaded.settings, problems), problems);
    readRemoteClient(definition.auth, loaded.settings);
    if (!problems.isEmpty())
        return config::settingsError(std::move(problems), loaded.configFile);
    return QList<ServerDefinition>{std::move(definition)};
}

} // namespace

bool ServerDefinition::needsIdentity() const
{
    if (remote)
        return false; // nothing of it holds placeholders
    const auto isFilled = [](const QString &text) { return hasPlaceholder(text); };
    return isFilled(workingDirectory) || std::any_of(command.cbegin(), command.cend(), isFilled)
           || std::any_of(environment.cbegin(), environment.cend(), isFilled);
}

QList<HeaderMapping> headerMappings(const QStringList &entries)
{
    QList<HeaderMapping> mappings;
    for (const QString &entry : entries) {
        const qsizetype equals = entry.indexOf(u'=');
        const QString property = entry.left(equals).trimmed();
        const QByteArray header = entry.mid(equals + 1).trimmed().toLatin1();
        if (equals > 0 && !property.isEmpty() && !header.isEmpty())
            mappings.append({property, header});
    }
    return mappings;
}

Result<QList<ServerDefinition>> definitionsFrom(const config::Loaded &loaded)
{
    ServerDefinition definition = base(loaded.settings);
    const QString line = loaded.settings.text(u"MCP_SERVER_COMMAND"_s).trimmed();
    if (!loaded.settings.text(u"MCP_REMOTE_SERVER"_s).trimmed().isEmpty())
        return fromRemote(loaded, std::move(definition));
    QString place = u"MCP_SERVER_COMMAND"_s;
    if (!loaded.serverCommand.isEmpty()) {
        definition.command = loaded.serverCommand;
        place = u"the command after --"_s;
    } else if (!line.isEmpty()) {
        Result<QStringList> words = config::splitShellWords(line);
        if (!words)
            return config::settingsError({{place, words.error().message}}, {});
        definition.command = std::move(*words);
    } else if (!loaded.serverNames.isEmpty()) {
        return fromFile(loaded, definition);
    } else {
        definition.embedded = true;
        definition.command = {QCoreApplication::applicationFilePath(), u"demo-server"_s};
    }
    return fromCommand(loaded, std::move(definition), place);
}

Result<QList<ServerDefinition>> definitionsFrom(const config::Settings &settings)
{
    config::Loaded loaded;
    loaded.settings = settings;
    return definitionsFrom(loaded);
}

} // namespace bridge::upstream
