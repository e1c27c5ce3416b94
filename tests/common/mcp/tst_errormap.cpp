// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/errormap.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::mcp;
using namespace Qt::StringLiterals;

class tst_ErrorMap : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void classifiesTheDialects_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("text");
        QTest::addColumn<Context>("context");
        QTest::addColumn<ErrorCode>("expected");
        const auto row = [](int code, const char *text, Context context, ErrorCode expected) {
            QTest::addRow("%d %s", code, text)
                << code << QString::fromUtf8(text) << context << expected;
        };
        using enum ErrorCode;
        row(-32601, "Method not found", Context::Tool, MethodNotFound);
        row(-32601, "Method not found: tools/call", Context::Tool, MethodNotFound);
        row(-32601, "Unknown tool: x", Context::Tool, ToolNotFound);
        row(-32601, "Method not found", Context::Other, MethodNotFound);
        row(-32602, "Unknown tool: x", Context::Tool, ToolNotFound);
        row(-32602, "MCP error -32602: Tool x not found", Context::Tool, ToolNotFound);
        row(-32602, "Tool x disabled", Context::Tool, ToolNotFound);
        row(-32602, "Input validation error: Invalid arguments for tool x", Context::Tool,
            InvalidArguments);
        row(-32602, "Output validation error: bad", Context::Tool, UpstreamFailed);
        row(-32602, "Structured content does not match the tool's output schema: x", Context::Tool,
            UpstreamFailed);
        row(-32602, "Unknown prompt: x", Context::Prompt, PromptNotFound);
        row(-32602, "Prompt x not found", Context::Prompt, PromptNotFound);
        row(-32602, "Missing required argument: name", Context::Prompt, InvalidArguments);
        row(0, "Unknown prompt: x", Context::Prompt, PromptNotFound);
        row(0, "Missing required arguments: {'name'}", Context::Prompt, InvalidArguments);
        row(0, "Unknown resource: a://b", Context::Resource, ResourceNotFound);
        row(0, "division by zero", Context::Tool, UpstreamFailed);
        row(-32002, "Resource not found", Context::Resource, ResourceNotFound);
        row(-32602, "Resource a not found", Context::Resource, ResourceNotFound);
        row(-32602, "bad cursor", Context::Other, InvalidArguments);
        row(-32001, "Request timed out", Context::Tool, UpstreamTimeout);
        row(-32001, "Session not found", Context::Tool, UpstreamFailed);
        row(-32603, "Internal error", Context::Tool, UpstreamFailed);
        row(-32603, "File a not found", Context::Tool, UpstreamFailed);
        row(-32000, "whatever", Context::Tool, UpstreamFailed);
        row(17, "whatever", Context::Prompt, UpstreamFailed);
    }
    void classifiesTheDialects()
    {
        QFETCH(int, code);
        QFETCH(QString, text);
        QFETCH(Context, context);
        QFETCH(ErrorCode, expected);
        const Error error = fromRpc({code, text, {}}, context);
        QCOMPARE(codeName(error.code), codeName(expected));
        QCOMPARE(error.rpcCode, code);
        QCOMPARE(error.message, text);
        if (expected == ErrorCode::UpstreamFailed)
            QCOMPARE(httpStatus(error), 502);
    }

    void textsAreBoundedAndWithoutControls()
    {
        const Error error =
            fromRpc({-32603, u"a\x1b[31m"_s + QString(100'000, u'x'), {}}, Context::Tool);
        QVERIFY(error.message.size() <= 2000);
        QVERIFY(!error.message.contains(QChar(0x1b)));
        QVERIFY(!fromRpc({-32603, {}, {}}, Context::Tool).message.isEmpty());
    }
};

QTEST_GUILESS_MAIN(tst_ErrorMap)
#include "tst_errormap.moc"
