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
    'completion/complete': 'CompleteResult', 'subscriptions/listen': 'SubscriptionsListenResult',
    'tasks/get': 'GetTaskResult', 'tasks/list': 'ListTasksResult',
    'tasks/cancel': 'CancelTaskResult', 'tasks/result': 'CallToolResult'
};

/** The extension io.modelcontextprotocol/tasks has no schema beside those of the revisions; these
 *  are its forms as its page tells them. */
const time = { type: 'string', format: 'date-time' };
const taskForm = (resultType, statuses) => ({
    type: 'object',
    required: ['resultType', 'taskId', 'status', 'createdAt', 'lastUpdatedAt', 'ttlMs'],
    properties: {
        resultType: { const: resultType }, taskId: { type: 'string', minLength: 1 },
        status: { enum: statuses }, statusMessage: { type: 'string' }, createdAt: time,
        lastUpdatedAt: time, ttlMs: { type: ['integer', 'null'], minimum: 0 },
        pollIntervalMs: { type: 'integer', minimum: 0 }
    },
    not: { anyOf: [{ required: ['task'] }, { required: ['ttl'] }, { required: ['pollInterval'] }] }
});
const withMembers = (status, member, form) => ({
    if: { properties: { status: { const: status } } },
    then: { required: [member], properties: { [member]: form } },
    else: { not: { required: [member] } }
});
const STATUSES = ['working', 'input_required', 'completed', 'failed', 'cancelled'];
const questions = {
    type: 'object', minProperties: 1,
    additionalProperties: {
        type: 'object', required: ['method', 'params'], additionalProperties: false,
        properties: { method: { type: 'string' }, params: { type: 'object' } }
    }
};
const failure = {
    type: 'object', required: ['code', 'message'],
    properties: { code: { type: 'integer' }, message: { type: 'string' } }
};
const acknowledgement = {
    type: 'object', required: ['resultType'], properties: { resultType: { const: 'complete' } },
    not: { anyOf: [{ required: ['taskId'] }, { required: ['status'] }] }
};
const EXTENSION = {
    'tools/call': taskForm('task', STATUSES),
    'tasks/get': {
        ...taskForm('complete', STATUSES),
        allOf: [withMembers('completed', 'result', { type: 'object', required: ['content'] }),
            withMembers('failed', 'error', failure),
            withMembers('input_required', 'inputRequests', questions)]
    },
    'tasks/update': acknowledgement, 'tasks/cancel': acknowledgement
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
        report.problems.push(`${key}: ${ajvErrors(validate)}: ${JSON.stringify(shown).slice(0, 600)}`);
    }
}

/** Validates a result of the extension. */
function checkExtension(method, result, shown) {
    const key = `tasks extension ${method}`;
    if (!compiled.has(key)) {
        const ajv = new Ajv2020({ strict: false });
        addFormats(ajv);
        compiled.set(key, ajv.compile(EXTENSION[method]));
    }
    report.checked[key] = (report.checked[key] ?? 0) + 1;
    const validate = compiled.get(key);
    if (!validate(result)) {
        report.problems.push(`${key}: ${ajvErrors(validate)}: ${JSON.stringify(shown)}`);
    }
    if (method === 'tasks/get' && result.status === 'completed') {
        // The examples of the extension's page leave the type out.
        check('2026-07-28', 'CallToolResult', { resultType: 'complete', ...result.result }, shown);
    }
}

const ajvErrors = (validate) => validate.errors.slice(0, 3).map(
    ({ instancePath, message }) => `${instancePath} ${message}`).join('; ');

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
        const isExtension = isModern
            && (method?.startsWith('tasks/') || message.result?.resultType === 'task');
        const isTask = !isModern && method === 'tools/call' && message.result?.task;
        if (isExtension) {
            checkExtension(method, message.result, message);
        } else {
            check(revision, isTask ? 'CreateTaskResult' : isQuestion ? 'InputRequiredResult'
                : RESULTS[method] ?? 'EmptyResult', message.result, message);
        }
        check(revision, revision >= '2025-11-25' ? 'JSONRPCResultResponse' : 'JSONRPCResponse',
            message);
    }
}

/** Calls `tell` with the message of each event of a stream, `place` with what is no message. */
function eventReader(tell, place = undefined) {
    let rest = '';
    const decoder = new TextDecoder();
    return (chunk) => {
        rest += decoder.decode(chunk, { stream: true });
        const events = rest.split(/\r?\n\r?\n/);
        rest = events.pop();
        for (const event of events) {
            const data = event.split(/\r?\n/).filter((line) => line.startsWith('data:'))
                .map((line) => line.slice(5).trimStart()).join('\n');
            if (place && /^event: *endpoint$/m.test(event)) {
                place(data);
            } else if (data) {
                tell(JSON.parse(data));
            }
        }
    };
}

/** HTTP+SSE: what is known of a stream, by the session its messages are posted to. */
const streams = new Map();
const sessionIn = (address) => new URLSearchParams(address.split('?')[1]).get('session_id');

function openStream(answer) {
    const context = { methods: new Map(), isLegacy: true, revision: '2024-11-05' };
    const tell = (message) => [message].flat().forEach((one) => checkMessage(one, context));
    answer.on('data', eventReader(tell, (address) => streams.set(sessionIn(address), context)));
}

function noteMethods(methods, sent) {
    for (const message of [sent].flat()) {
        if (message?.method && message.id !== undefined) {
            methods.set(JSON.stringify(message.id), message.method);
        }
    }
}

function parsed(body) {
    try {
        return JSON.parse(body);
    } catch {
        return null; // garbage on purpose
    }
}

function contextOf(request, body) {
    const session = request.headers['mcp-session-id'];
    const version = request.headers['mcp-protocol-version'];
    const sent = parsed(body);
    const isLegacy = Boolean(session) || request.method !== 'POST' || sent?.method === 'initialize'
        || !(version >= '2026');
    const methods = isLegacy && session ? scopeOf(session) : new Map();
    noteMethods(methods, sent);
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
    const stream = streams.get(sessionIn(request.url));
    if (stream) {
        noteMethods(stream.methods, parsed(body.toString()));
    }
    const onward = send({
        host: target.hostname, port: target.port, method: request.method, path: request.url,
        headers: request.rawHeaders, agent: false
    }, (answer) => {
        if (request.url.endsWith('/mcp')) {
            watch(answer, context);
        } else if (request.url.endsWith('/sse')) {
            openStream(answer);
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
