// SPDX-License-Identifier: GPL-3.0-or-later
// mcp-bridge: the headless server, its demo MCP server and the page of its settings.
#include "common/async/background.h"
#include "common/base/version.h"
#include "common/config/reference.h"
#include "common/eventloop/eventloop.h"
#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "common/stdio/standardstreams.h"
#include "server/application.h"
#include "server/cli/apikeycommand.h"
#include "server/cli/auditcommand.h"
#include "server/cli/clientconfig.h"
#include "server/cli/connect.h"
#include "server/cli/vaultcommand.h"
#include "server/demo/demo.h"
#include "server/signals.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QDir>

#include <cstdio>
#include <cstdlib>

using namespace Qt::StringLiterals;
using namespace bridge;

namespace {

constexpr int kBadConfiguration = 2;
/// Files that are being read when the bridge ends get so long.
constexpr std::chrono::milliseconds kPoolTime{3'000};

const QString kRoutesHelp =
    u"Usage: mcp-bridge routes [options]\n"
    "\n"
    "Lists every route with its method and who may use it:\n"
    "\n"
    "  public    everybody\n"
    "  optional  everybody; shows each caller what he may know\n"
    "  known     callers with a credential, also outside of BRIDGE_REQUIRED_GROUPS\n"
    "  member    callers who may come in\n"
    "  overseen  the same; administrators see what others have begun\n"
    "  admin     administrators\n"
    "\n"
    "Options are those of the bridge (mcp-bridge --help), as they say which routes there are.\n"_s;

void print(FILE *stream, const QString &text)
{
    std::fputs(text.toUtf8().constData(), stream);
    std::fflush(stream);
}

int fail(const Error &error)
{
    const QString text = error.problems.isEmpty() ? error.message : config::problemsText(error);
    print(stderr, u"mcp-bridge: "_s + text.trimmed() + '\n'_L1);
    return error.code == ErrorCode::InvalidConfig ? kBadConfiguration : 1;
}

int printSettings(const QStringList &arguments)
{
    print(stdout,
          arguments.contains("--markdown"_L1) ? config::settingsMarkdown() : config::helpText());
    return 0;
}

int printClientConfig(const QStringList &arguments)
{
    const auto config =
        cli::clientConfig(arguments.mid(1), QProcessEnvironment::systemEnvironment(),
                          QDir::currentPath(), QCoreApplication::applicationFilePath());
    if (!config)
        return fail(config.error());
    print(stdout, config->text);
    print(stderr, config->note);
    return 0;
}

int printed(const Result<cli::CommandText> &done)
{
    if (!done)
        return fail(done.error());
    print(stdout, done->text);
    print(stderr, done->note);
    return done->exitCode;
}

int runConnect(const QStringList &arguments)
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto options = cli::connectOptions(arguments.mid(1), environment, QDir::currentPath());
    if (!options)
        return fail(options.error());
    if (options->help) {
        print(stdout, cli::connectHelp());
        return 0;
    }
    logging::LogOptions log;
    log.level = options->logLevel;
    if (Result<Nothing> logged = logging::install(log); !logged)
        return fail(logged.error());
    cli::Connect program(*options);
    Signals signals_;
    QObject::connect(&signals_, &Signals::stopRequested, &program, &cli::Connect::stop);
    QObject::connect(&signals_, &Signals::reopenRequested, &program, &cli::Connect::reload);
    QObject::connect(&program, &cli::Connect::finished, qApp, &QCoreApplication::exit,
                     Qt::QueuedConnection);
    if (Result<Nothing> started = program.start(environment); !started)
        return fail(started.error());
    return QCoreApplication::exec();
}

int printRoutes(const QStringList &arguments)
{
    const auto read = [arguments, directory = QDir::currentPath()] {
        return config::load(arguments, QProcessEnvironment::systemEnvironment(), directory);
    };
    Result<config::Loaded> loaded = read();
    if (!loaded)
        return fail(loaded.error());
    if (loaded->help) {
        print(stdout, kRoutesHelp);
        return 0;
    }
    Application application(std::move(*loaded), read);
    const Result<QString> routes = application.listRoutes();
    if (!routes)
        return fail(routes.error());
    print(stdout, *routes);
    return 0;
}

int serve(QCoreApplication &app, const QStringList &arguments)
{
    Result<config::Loaded> loaded =
        config::load(arguments, QProcessEnvironment::systemEnvironment(), QDir::currentPath());
    if (!loaded)
        return fail(loaded.error());
    if (loaded->help) {
        print(stdout, config::helpText());
        return 0;
    }
    if (loaded->version) {
        print(stdout, u"mcp-bridge %1\n"_s.arg(QLatin1String(kVersion)));
        return 0;
    }
    if (Result<Nothing> logged = installLogging(loaded->settings); !logged)
        return fail(logged.error());
    for (const QString &notice : std::as_const(loaded->notices))
        qCWarning(logging::lcConfig).noquote() << notice;

    const auto read = [arguments, directory = QDir::currentPath()] {
        return config::load(arguments, QProcessEnvironment::systemEnvironment(), directory);
    };
    Application application(std::move(*loaded), read);
    Signals signals_;
    QObject::connect(&signals_, &Signals::reopenRequested, &application, &Application::onHangUp);
    QObject::connect(&signals_, &Signals::stopRequested, &application, &Application::stop);
    QObject::connect(&application, &Application::stopped, &app, &QCoreApplication::quit,
                     Qt::QueuedConnection);
    int failure = 0;
    application.start([&](Result<quint16> port) {
        if (!port) {
            failure = fail(port.error());
            QMetaObject::invokeMethod(&app, &QCoreApplication::quit, Qt::QueuedConnection);
        }
    });
    const int code = app.exec();
    return failure != 0 ? failure : code;
}

} // namespace

int main(int argc, char *argv[])
{
    stdio::openMissingStreams();
    installEventLoop();
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(u"mcp-bridge"_s);
    QCoreApplication::setApplicationVersion(QString::fromLatin1(kVersion));
    QStringList arguments = app.arguments().mid(1);
    const QString command = arguments.value(0);
    if (command == "demo-server"_L1)
        return demo::run(app);
    if (command == "client-config"_L1)
        return printClientConfig(arguments);
    const cli::CommandPlace place{QProcessEnvironment::systemEnvironment(), QDir::currentPath()};
    if (command == "vault"_L1)
        return printed(cli::vaultCommand(arguments.mid(1), place));
    if (command == "audit"_L1)
        return printed(cli::auditCommand(arguments.mid(1), place));
    if (command == "apikey"_L1)
        return printed(cli::apikeyCommand(arguments.mid(1), place));
    if (command == "connect"_L1)
        return runConnect(arguments);
    if (command == "settings"_L1)
        return printSettings(arguments);
    if (command == "routes"_L1)
        return printRoutes(arguments.mid(1));
    if (command == "serve"_L1)
        arguments.removeFirst();
    const int code = serve(app, arguments);
    if (!isPoolDone(kPoolTime)) {
        qCWarning(logging::lcConfig) << "A file that was being read does not come; ending without "
                                        "it. Is the server that has it gone?";
        std::_Exit(code);
    }
    return code;
}
