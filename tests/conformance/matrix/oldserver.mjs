// SPDX-License-Identifier: GPL-3.0-or-later
// oldserver.mjs [--http] --mark FILE
// The matrix's server of the legacy era, with SDK 1.x. Over stdio, or with --http on a free port of
// the loopback, whose address it prints. FILE gets a line for each call that was cancelled.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
    SubscribeRequestSchema, UnsubscribeRequestSchema
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod/v4';

const { values: options } = parseArgs({
    options: { http: { type: 'boolean' }, mark: { type: 'string' } }
});
const NOTE = 'note://today';
const says = (text) => ({ content: [{ type: 'text', text }] });

function addPlainTools(server) {
    server.registerTool('add', {
        inputSchema: { a: z.number(), b: z.number() }, outputSchema: { sum: z.number() }
    }, async ({ a, b }) => ({ ...says(`${a + b}`), structuredContent: { sum: a + b } }));
    server.registerTool('steps', { inputSchema: {} }, async (_, extra) => {
        for (const progress of [1, 2, 3]) {
            await extra.sendNotification({
                method: 'notifications/progress',
                params: { progressToken: extra._meta.progressToken, progress, total: 3 }
            });
        }
        await pause(50); // SDKs lose progress that arrives in one read with the answer
        return says('three');
    });
    server.registerTool('log', { inputSchema: {} }, async (_, extra) => {
        await server.sendLoggingMessage({ level: 'warning', data: 'watch out' }, extra.sessionId);
        return says('logged');
    });
    server.registerTool('wait', { inputSchema: {} }, (_, { signal }) => new Promise((resolve) => {
        signal.addEventListener('abort', () => {
            appendFileSync(options.mark, 'cancelled\n');
            resolve(says('cancelled'));
        });
    }));
}

function addAskingTools(server) {
    const asking = (name, run) =>
        server.registerTool(name, { inputSchema: {} }, async () => says(await run(server.server)));
    asking('ask_form', async (client) => {
        const answer = await client.elicitInput({
            message: 'Who?',
            requestedSchema: {
                type: 'object', properties: { name: { type: 'string' } }, required: ['name']
            }
        });
        return `${answer.action} ${answer.content?.name}`;
    });
    asking('ask_url', async (client) => {
        const answer = await client.elicitInput({
            mode: 'url', message: 'Go there', url: 'https://example.com/go',
            elicitationId: randomUUID()
        });
        return answer.action;
    });
    asking('ask_model', async (client) => {
        const answer = await client.createMessage({
            messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 5
        });
        return answer.content.text;
    });
    asking('ask_roots', async (client) => (await client.listRoots()).roots[0].uri);
}

function addChangingTools(server, subscribed) {
    server.registerTool('touch', { inputSchema: {} }, async () => {
        if (subscribed.has(NOTE)) {
            await server.server.sendResourceUpdated({ uri: NOTE });
        }
        return says('touched');
    });
    server.registerTool('grow', { inputSchema: {} }, async () => {
        server.registerTool('grown', { inputSchema: {} }, async () => says('new'));
        return says('grown');
    });
}

function addOffers(server, subscribed) {
    server.registerResource('note', NOTE, { mimeType: 'text/plain' },
        async () => ({ contents: [{ uri: NOTE, text: 'milk' }] }));
    server.registerResource('day', new ResourceTemplate('note://day/{day}', { list: undefined }),
        {}, async (uri, { day }) => ({ contents: [{ uri: uri.href, text: `on ${day}` }] }));
    server.registerPrompt('greet', {
        argsSchema: {
            name: completable(z.string(), (typed) => ['Ada', 'Alan', 'Bob'].filter(
                (name) => name.startsWith(typed)))
        }
    }, ({ name }) => ({
        messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }]
    }));
    server.server.setRequestHandler(SubscribeRequestSchema, async ({ params }) => {
        subscribed.add(params.uri);
        return {};
    });
    server.server.setRequestHandler(UnsubscribeRequestSchema, async ({ params }) => {
        subscribed.delete(params.uri);
        return {};
    });
}

function build() {
    const server = new McpServer({ name: 'old', version: '1.0.0' }, {
        capabilities: { logging: {}, resources: { subscribe: true } }
    });
    const subscribed = new Set();
    addPlainTools(server);
    addAskingTools(server);
    addChangingTools(server, subscribed);
    addOffers(server, subscribed);
    return server;
}

function serveHttp() {
    const sessions = new Map();
    const server = createServer(async (request, response) => {
        let transport = sessions.get(request.headers['mcp-session-id']);
        // What names a session that is not there, or none and is no `initialize`, the SDK refuses.
        if (!transport) {
            transport = new StreamableHTTPServerTransport({
                sessionIdGenerator: () => randomUUID(),
                onsessioninitialized: (id) => sessions.set(id, transport)
            });
            await build().connect(transport);
        }
        await transport.handleRequest(request, response);
    });
    server.listen(0, '127.0.0.1',
        () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
}

if (options.http) {
    serveHttp();
} else {
    await build().connect(new StdioServerTransport());
}
