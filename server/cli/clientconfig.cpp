// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/clientconfig.h"

#include "common/config/loader.h"
#include "common/config/suggest.h"
#include "server/cli/snippets.h"

#include <QtCore/QDir>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QRegularExpression>
#include <QtCore/QUrl>

#include <optional>

using namespace Qt::StringLiterals;

namespace bridge::cli {

namespace {

struct Wish {
    QString url;
    QString server;
    QString view;
    QString name;
    QString tokenVariable;
    QString tokenFile;
    QString client;
    bool asJson = false;
    bool help = false;
};

Error bad(const QString &text)
{
    return {ErrorCode::InvalidConfig, text};
}

QString helpText(const QList<Snippet> &all)
{
    QStringList clients;
    for (const Snippet &snippet : all)
        clients << snippet.client;
    return u"Usage: mcp-bridge client-config [options] [CLIENT]\n"
           "\n"
           "Prints what to write into the settings of MCP clients so that they use a bridge; with\n"
           "CLIENT only the text for that one. Clients: %1.\n"
           "\n"
           "  --url URL           address of the bridge (default: the one of its own settings)\n"
           "  --server NAME       one server alone instead of all behind the bridge\n"
           "  --view NAME         a view instead: the part of them that bridge.views names\n"
           "  --name NAME         what the client calls it\n"
           "  --token-env NAME    environment variable that holds the access token\n"
           "  --token-file PATH   file that holds it; clients then start `mcp-bridge connect`\n"
           "  --json              for programs: one array with all of them\n"_s.arg(
               clients.join(u", "_s));
}

Result<Wish> readArguments(const QStringList &arguments)
{
    Wish wish;
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        const QString &argument = arguments.at(i);
        const qsizetype sign = argument.startsWith(u"--") ? argument.indexOf(u'=') : -1;
        const QString name = argument.left(sign);
        QString *target = name == "--url"_L1          ? &wish.url
                          : name == "--server"_L1     ? &wish.server
                          : name == "--view"_L1       ? &wish.view
                          : name == "--name"_L1       ? &wish.name
                          : name == "--token-env"_L1  ? &wish.tokenVariable
                          : name == "--token-file"_L1 ? &wish.tokenFile
                                                      : nullptr;
        if (name == "--json"_L1 || name == "--help"_L1 || name == "-h"_L1)
            (name == "--json"_L1 ? wish.asJson : wish.help) = true;
        else if (target && sign < 0 && i + 1 >= arguments.size())
            return bad(u"%1 needs a value."_s.arg(name));
        else if (target)
            *target = sign < 0 ? arguments.at(++i) : argument.mid(sign + 1);
        else if (name.startsWith(u'-') || !wish.client.isEmpty())
            return bad(u"%1 is not expected here. `mcp-bridge client-config --help` tells what "
                       "is."_s.arg(name));
        else
            wish.client = argument;
    }
    return wish;
}

/// Where a bridge with these settings listens.
QString ownUrl(const config::Settings &settings)
{
    QString host = settings.text(u"HOST"_s);
    if (host == "*"_L1 || host == "0.0.0.0"_L1 || host == "::"_L1)
        host = u"127.0.0.1"_s;
    if (host.contains(u':'))
        host = u'[' + host + u']';
    return u"http://%1:%2%3"_s.arg(host, QString::number(settings.integer(u"PORT"_s)),
                                   settings.text(u"MCP_BASE_PATH"_s));
}

Result<Nothing> checkName(const QString &name, const QString &kind, const QStringList &known)
{
    if (name.isEmpty() || known.contains(name))
        return Nothing{};
    const QString all =
        known.isEmpty() ? u"There is none."_s : u"There are: %1."_s.arg(known.join(u", "_s));
    return bad(u"%1 is no %2 of this bridge's settings.%3 %4 For another bridge give --url."_s.arg(
        name, kind, config::didYouMean(name, known), all));
}

/// What the wish names is among the settings at hand.
Result<Nothing> checkNames(const Wish &wish, const config::Loaded &loaded)
{
    const bool hasOne = loaded.serverNames.isEmpty()
                        || !loaded.settings.text(u"MCP_REMOTE_SERVER"_s).trimmed().isEmpty()
                        || !loaded.settings.text(u"MCP_SERVER_COMMAND"_s).trimmed().isEmpty();
    const QStringList servers = hasOne ? QStringList{u"default"_s} : loaded.serverNames;
    if (Result<Nothing> known = checkName(wish.server, u"server"_s, servers); !known)
        return known;
    return checkName(wish.view, u"view"_s, loaded.views.keys());
}

Result<QString> endpoint(const Wish &wish, const QString &fallback)
{
    QUrl url(wish.url.isEmpty() ? fallback : wish.url, QUrl::StrictMode);
    const bool isWeb = url.scheme() == "http"_L1 || url.scheme() == "https"_L1;
    if (!url.isValid() || !isWeb || url.host().isEmpty())
        return bad(u"--url must be an absolute http or https address, for example "
                   "https://bridge.example.com."_s);
    if (!url.userInfo().isEmpty() || url.hasQuery())
        return bad(u"--url must hold no user, password or query, which would end up in files. Use "
                   "--token-env NAME or --token-file PATH."_s);
    QString path = url.path();
    while (path.endsWith(u'/'))
        path.chop(1);
    static const QRegularExpression plainName(u"^[A-Za-z0-9][A-Za-z0-9._-]*$"_s);
    if (!wish.server.isEmpty() && !wish.view.isEmpty())
        return bad(u"--server and --view lead to two places; give one."_s);
    if (!wish.server.isEmpty() || !wish.view.isEmpty()) {
        if (!wish.server.isEmpty() && !plainName.match(wish.server).hasMatch())
            return bad(u"--server must be the name of a server, as GET /servers shows it."_s);
        if (!wish.view.isEmpty() && !plainName.match(wish.view).hasMatch())
            return bad(u"--view must be the name of a view, as GET /views shows it."_s);
        if (path.endsWith("/mcp"_L1))
            path.chop(4);
        path += wish.view.isEmpty() ? u"/servers/"_s + wish.server : u"/views/"_s + wish.view;
        path += u"/mcp"_s;
    } else if (!path.endsWith("/mcp"_L1) && !path.endsWith("/sse"_L1)) {
        path += u"/mcp"_s;
    }
    url.setPath(path);
    url.setFragment({});
    return url.toString(QUrl::FullyEncoded);
}

QString everything(const QList<Snippet> &all)
{
    QString text;
    for (const Snippet &snippet : all) {
        text += u"## %1 (%2): %3\n"_s.arg(snippet.title, snippet.client, snippet.place);
        if (!snippet.note.isEmpty())
            text += u"## "_s + snippet.note + u'\n';
        text += snippet.text + u'\n';
    }
    return text;
}

QString forPrograms(const QList<Snippet> &all)
{
    QJsonArray list;
    for (const Snippet &snippet : all) {
        QJsonObject entry{{"client"_L1, snippet.client},
                          {"title"_L1, snippet.title},
                          {"place"_L1, snippet.place},
                          {"text"_L1, snippet.text}};
        if (!snippet.note.isEmpty())
            entry["note"_L1] = snippet.note;
        if (!snippet.config.isEmpty())
            entry["config"_L1] = snippet.config;
        list.append(entry);
    }
    return QString::fromUtf8(QJsonDocument(list).toJson(QJsonDocument::Indented));
}

Result<QList<Snippet>> chosen(const QList<Snippet> &all, const QString &client)
{
    QStringList known;
    for (const Snippet &snippet : all) {
        if (client.isEmpty())
            return all;
        if (snippet.client == client)
            return QList<Snippet>{snippet};
        known << snippet.client;
    }
    return bad(u"%1 is no client known here.%2 There are: %3."_s.arg(
        client, config::didYouMean(client, known), known.join(u", "_s)));
}

} // namespace

Result<ClientConfigText> clientConfig(const QStringList &arguments,
                                      const QProcessEnvironment &environment,
                                      const QString &workingDirectory, const QString &program)
{
    const Result<Wish> wish = readArguments(arguments);
    if (!wish)
        return wish.error();
    if (wish->help)
        return ClientConfigText{helpText(snippets({})), {}};
    QString fallback;
    std::optional<config::Loaded> own;
    if (wish->url.isEmpty()) {
        Result<config::Loaded> loaded = config::load({}, environment, workingDirectory);
        if (!loaded)
            return loaded.error();
        own = std::move(*loaded);
        fallback = ownUrl(own->settings);
    }
    const auto url = endpoint(*wish, fallback);
    if (!url)
        return url.error();
    if (const Result<Nothing> known = own ? checkNames(*wish, *own) : Nothing{}; !known)
        return known.error();
    static const QRegularExpression variable(u"^[A-Za-z_][A-Za-z0-9_]*$"_s);
    if (!wish->tokenVariable.isEmpty() && !variable.match(wish->tokenVariable).hasMatch())
        return bad(u"--token-env must be the name of an environment variable, not the token."_s);
    SnippetInput input;
    input.url = *url;
    input.program = program;
    input.name = !wish->name.isEmpty()     ? wish->name
                 : !wish->server.isEmpty() ? wish->server
                 : !wish->view.isEmpty()   ? wish->view
                                           : u"mcp-bridge"_s;
    if (!wish->tokenFile.isEmpty())
        input.tokenFile = QDir(workingDirectory).absoluteFilePath(wish->tokenFile);
    else
        input.tokenVariable = wish->tokenVariable;
    const Result<QList<Snippet>> list = chosen(snippets(input), wish->client);
    if (!list)
        return list.error();
    if (wish->asJson)
        return ClientConfigText{forPrograms(*list), {}};
    if (wish->client.isEmpty())
        return ClientConfigText{everything(*list), {}};
    const Snippet &one = list->constFirst();
    return ClientConfigText{one.text,
                            u"%1: %2\n%3"_s.arg(one.title, one.place, one.note).trimmed() + u'\n'};
}

} // namespace bridge::cli
