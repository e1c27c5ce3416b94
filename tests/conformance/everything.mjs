// SPDX-License-Identifier: GPL-3.0-or-later
// everything.mjs [--http] [--era both|legacy|modern]
// The server that the official conformance suite expects: it offers one of everything under the
// names the suite calls. Speaks over stdio, or with --http on a free port of the loopback, whose
// address it prints. Everything it asks its client goes through input_required, which the SDK turns
// into requests for clients of the older revisions; so one definition serves both eras.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import {
    classifyInboundRequest, createMcpHandler, isInitializeRequest, McpServer
} from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';

import { addQuestions, stateCodec } from './questions.mjs';
import { addResourcesAndPrompts } from './offers.mjs';
import { addTools } from './tools.mjs';

const { values: options } = parseArgs({
    options: { http: { type: 'boolean' }, era: { type: 'string', default: 'both' } }
});

/** What the tools need of the connection they run on. */
const connection = {
    /** The modern handler over HTTP, where changes are published for all; else null. */
    handler: null,
    /** Sessions of the legacy HTTP transport, by id. */
    transports: new Map()
};

function build() {
    const server = new McpServer(
        { name: 'everything', version: '1.0.0' },
        {
            capabilities: {
                tools: { listChanged: true },
                prompts: { listChanged: true },
                resources: { listChanged: true, subscribe: true },
                logging: {},
                completions: {}
            },
            requestState: { verify: stateCodec.verify }
        });
    addTools(server, connection);
    addQuestions(server);
    addResourcesAndPrompts(server);
    return server;
}

/** Keeps every event, as the suite wants to resume streams. */
class Events {
    #kept = [];

    async storeEvent(stream, message) {
        this.#kept.push({ id: `${stream}#${this.#kept.length}`, stream, message });
        return this.#kept.at(-1).id;
    }

    async replayEventsAfter(last, { send }) {
        const from = this.#kept.findIndex((event) => event.id === last);
        const stream = last.slice(0, last.lastIndexOf('#'));
        for (const event of this.#kept.slice(from + 1)) {
            if (event.stream === stream && event.message?.jsonrpc) {
                await send(event.id, event.message);
            }
        }
        return stream;
    }
}

function refuse(response, status, code, message) {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }));
}

async function legacy(request, response, body) {
    const id = request.headers['mcp-session-id'];
    if (id) {
        const known = connection.transports.get(id);
        return known ? known.handleRequest(request, response, body)
                     : refuse(response, 404, -32001, 'There is no such session.');
    }
    if (!isInitializeRequest(body)) {
        return refuse(response, 400, -32000, 'Initialize first.');
    }
    const transport = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        eventStore: new Events(),
        retryInterval: 2000,
        onsessioninitialized: (made) => connection.transports.set(made, transport)
    });
    transport.onclose = () => connection.transports.delete(transport.sessionId);
    await build().connect(transport);
    return transport.handleRequest(request, response, body);
}

async function readJson(request) {
    const parts = [];
    for await (const part of request) {
        parts.push(part);
    }
    return parts.length ? JSON.parse(Buffer.concat(parts).toString()) : undefined;
}

function isLocal(request) {
    const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
    const origin = request.headers.origin?.replace(/^https?:\/\//, '');
    return local.test(request.headers.host ?? '') && (origin === undefined || local.test(origin));
}

function serveHttp() {
    connection.handler = createMcpHandler(build);
    const modern = toNodeHandler(connection.handler);
    const server = createServer(async (request, response) => {
        if (!isLocal(request)) {
            return refuse(response, 403, -32000, 'Only local callers are served.');
        }
        let body;
        try {
            body = await readJson(request);
        } catch {
            return refuse(response, 400, -32700, 'The body is no JSON.');
        }
        const kind = classifyInboundRequest({
            httpMethod: request.method,
            protocolVersionHeader: request.headers['mcp-protocol-version'],
            mcpMethodHeader: request.headers['mcp-method'],
            body
        }).kind;
        const isLegacy = options.era === 'both' ? kind === 'legacy' : options.era === 'legacy';
        return isLegacy ? legacy(request, response, body) : modern(request, response, body);
    });
    server.listen(0, '127.0.0.1',
        () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
}

if (options.http) {
    serveHttp();
} else if (options.era === 'legacy') {
    await build().connect(new StdioServerTransport());
} else {
    serveStdio(build, { legacy: options.era === 'modern' ? 'reject' : 'serve' });
}
