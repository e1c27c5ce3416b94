// SPDX-License-Identifier: GPL-3.0-or-later
// recorder.mjs TARGET SCHEMAS: a proxy in front of TARGET (http://host:port) that validates every
// MCP message passing from there to the client against the schema of its revision. Prints its own
// address. GET /recorder/report answers {checked: {definition: n}, problems: […]}.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import { join } from 'node:path';

import addFormats from 'ajv-formats';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';

const target = new URL(process.argv[2]);
const schemas = process.argv[3];
const report = { checked: {}, problems: [] };

const RESULTS = {
    'initialize': 'InitializeResult', 'server/discover': 'DiscoverResult',
    'tools/list': 'ListToolsResult', 'tools/call': 'CallToolResult',
    'prompts/list': 'ListPromptsResult', 'prompts/get': 'GetPromptResult',
    'resources/list': 'ListResourcesResult', 'resources/read': 'ReadResourceResult',
    'resources/templates/list': 'ListResourceTemplatesResult',
    'completion/complete': 'CompleteResult', 'subscriptions/listen': 'SubscriptionsListenResult'
};

const compiled = new Map();

/** Validates `value` against one definition of a revision's schema. */
function check(revision, definition, value, shown = value) {
    const key = `${revision} ${definition}`;
    if (!compiled.has(key)) {
        const file = join(schemas, `${revision}.json`);
        if (!existsSync(file)) {
            report.problems.push(`There is no revision ${revision}.`);
            return;
        }
        const schema = JSON.parse(readFileSync(file, 'utf8'));
        const where = schema.$defs ? '$defs' : 'definitions';
        if (!schema[where][definition]) {
            report.problems.push(`${revision} has no ${definition}: ${JSON.stringify(shown)}`);
            return;
        }
        const ajv = new (schema.$defs ? Ajv2020 : Ajv)({ strict: false });
        addFormats(ajv);
        delete schema.anyOf;
        compiled.set(key, ajv.compile({ ...schema, $ref: `#/${where}/${definition}` }));
    }
    const validate = compiled.get(key);
    report.checked[key] = (report.checked[key] ?? 0) + 1;
    if (!validate(value)) {
        const what = validate.errors.slice(0, 3).map(
            ({ instancePath, message }) => `${instancePath} ${message}`).join('; ');
        report.problems.push(`${key}: ${what}: ${JSON.stringify(shown).slice(0, 600)}`);
    }
}

/** Methods of the requests under way on a session (or on one modern request), by id. */
const asked = new Map();
const scopeOf = (session) => asked.get(session) ?? asked.set(session, new Map()).get(session);
/** Negotiated revisions, by session. */
const agreed = new Map();

function checkMessage(message, context) {
    const methods = context.methods;
    const method = methods.get(JSON.stringify(message.id));
    if (message.result && method === 'initialize') {
        context.revision = message.result.protocolVersion;
    }
    // An error that says there is no such revision is of none of them.
    const revision = existsSync(join(schemas, `${context.revision}.json`))
        ? context.revision : context.isLegacy ? '2025-11-25' : '2026-07-28';
    const isModern = revision >= '2026';
    if (message.method) {
        check(revision, 'id' in message ? 'ServerRequest' : 'ServerNotification', message);
    } else if (message.error) {
        // Without an id before 2025-11-25 there was no form for what could not be read.
        const plain = message.id === null ? { ...message, id: 0 } : message;
        check(revision, revision >= '2025-11-25' ? 'JSONRPCErrorResponse' : 'JSONRPCError',
            plain, message);
    } else {
        const isQuestion = isModern && message.result?.resultType === 'input_required';
        check(revision, isQuestion ? 'InputRequiredResult' : RESULTS[method] ?? 'EmptyResult',
            message.result, message);
        check(revision, revision >= '2025-11-25' ? 'JSONRPCResultResponse' : 'JSONRPCResponse',
            message);
    }
}

/** Calls `tell` with the data of each event of a stream. */
function eventReader(tell) {
    let rest = '';
    const decoder = new TextDecoder();
    return (chunk) => {
        rest += decoder.decode(chunk, { stream: true });
        const events = rest.split(/\r?\n\r?\n/);
        rest = events.pop();
        for (const event of events) {
            const data = event.split(/\r?\n/).filter((line) => line.startsWith('data:'))
                .map((line) => line.slice(5).trimStart()).join('\n');
            if (data) {
                tell(JSON.parse(data));
            }
        }
    };
}

function contextOf(request, body) {
    const session = request.headers['mcp-session-id'];
    const version = request.headers['mcp-protocol-version'];
    let sent = null;
    try {
        sent = JSON.parse(body);
    } catch { /* garbage on purpose */ }
    const isLegacy = Boolean(session) || request.method !== 'POST' || sent?.method === 'initialize'
        || !(version >= '2026');
    const methods = isLegacy && session ? scopeOf(session) : new Map();
    for (const message of [sent].flat()) {
        if (message?.method && message.id !== undefined) {
            methods.set(JSON.stringify(message.id), message.method);
        }
    }
    const revision = agreed.get(session) ?? version ?? (isLegacy ? '2025-11-25' : '2026-07-28');
    return { methods, isLegacy, revision };
}

function watch(answer, context) {
    const type = answer.headers['content-type'] ?? '';
    const tell = (message) => [message].flat().forEach((one) => checkMessage(one, context));
    if (type.startsWith('text/event-stream')) {
        answer.on('data', eventReader(tell));
    } else if (type.startsWith('application/json')) {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => {
            const message = JSON.parse(Buffer.concat(parts).toString());
            // Refusals outside of MCP, such as of a foreign Host, are the REST side's.
            if ([message].flat()[0]?.jsonrpc) {
                tell(message);
            }
            const session = answer.headers['mcp-session-id'];
            if (session) {
                agreed.set(session, context.revision);
            }
        });
    }
}

async function forward(request, response) {
    const parts = [];
    for await (const part of request) {
        parts.push(part);
    }
    const body = Buffer.concat(parts);
    const context = contextOf(request, body.toString());
    const onward = send({
        host: target.hostname, port: target.port, method: request.method, path: request.url,
        headers: request.rawHeaders, agent: false
    }, (answer) => {
        if (request.url.endsWith('/mcp')) {
            watch(answer, context);
        }
        response.writeHead(answer.statusCode, answer.rawHeaders);
        response.flushHeaders();
        answer.pipe(response);
        answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    onward.end(body);
}

const server = createServer((request, response) => {
    if (request.url === '/recorder/report') {
        response.end(JSON.stringify(report));
    } else {
        forward(request, response).catch(() => response.destroy());
    }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
