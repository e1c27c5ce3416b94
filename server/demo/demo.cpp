// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/demo/demo.h"

#include "common/jsonrpc/lineframer.h"
#include "common/stdio/stdinreader.h"
#include "server/demo/demoserver.h"

#include <QtCore/QCoreApplication>

namespace bridge::demo {

int run(QCoreApplication &app)
{
    jsonrpc::LineFramer framer;
    DemoServer server([](const jsonrpc::Message &message) {
        if (!stdio::writeStdout(jsonrpc::write(message) + '\n'))
            QCoreApplication::exit(1);
    });
    const auto deliver = [&server](const QList<jsonrpc::LineFramer::Line> &lines) {
        for (const jsonrpc::LineFramer::Line &line : lines) {
            if (!line) {
                server.receiveGarbage(line.error());
                continue;
            }
            for (const jsonrpc::Message &message : *line)
                server.receive(message);
        }
    };
    stdio::StdinReader input;
    QObject::connect(&input, &stdio::StdinReader::bytesRead, &server,
                     [&](const QByteArray &bytes) { deliver(framer.feed(bytes)); });
    // The end of stdin is the signal to go (MCP stdio "Shutdown"); what runs has no reader left.
    QObject::connect(&input, &stdio::StdinReader::ended, &app, [&] {
        deliver(framer.finish());
        QCoreApplication::quit();
    });
    return QCoreApplication::exec();
}

} // namespace bridge::demo
