// SPDX-License-Identifier: GPL-3.0-or-later
// newserver.mjs [--http] --mark FILE
// The matrix's server of the modern era, with SDK 2.x; it refuses the legacy one. Otherwise like
// oldserver.mjs.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { toNodeHandler } from '@modelcontextprotocol/node';
import {
    acceptedContent, completable, createMcpHandler, inputRequired, McpServer, ResourceTemplate
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod/v4';

const { values: options } = parseArgs({
    options: { http: { type: 'boolean' }, mark: { type: 'string' } }
});
const NOTE = 'note://today';
const NOTHING = z.object({});
const says = (text) => ({ content: [{ type: 'text', text }] });

/** Over HTTP all servers of the process share this. */
const world = { handler: null, isGrown: false };

function addPlainTools(server) {
    server.registerTool('add', {
        inputSchema: z.object({ a: z.number(), b: z.number() }),
        outputSchema: z.object({ sum: z.number() })
    }, async ({ a, b }) => ({ ...says(`${a + b}`), structuredContent: { sum: a + b } }));
    server.registerTool('steps', { inputSchema: NOTHING }, async (_, ctx) => {
        for (const progress of [1, 2, 3]) {
            await ctx.mcpReq.notify({
                method: 'notifications/progress',
                params: { progressToken: ctx.mcpReq._meta.progressToken, progress, total: 3 }
            });
        }
        await pause(50); // SDKs lose progress that arrives in one read with the answer
        return says('three');
    });
    server.registerTool('log', { inputSchema: NOTHING }, async (_, ctx) => {
        await ctx.mcpReq.log('warning', 'watch out');
        return says('logged');
    });
    server.registerTool('wait', { inputSchema: NOTHING }, (_, ctx) => new Promise((resolve) => {
        ctx.mcpReq.signal.addEventListener('abort', () => {
            appendFileSync(options.mark, 'cancelled\n');
            resolve(says('cancelled'));
        });
    }));
}

function addAskingTools(server) {
    const asking = (name, question, read) =>
        server.registerTool(name, { inputSchema: NOTHING }, async (_, ctx) => {
            const answers = ctx.mcpReq.inputResponses;
            return answers?.it === undefined
                ? inputRequired({ inputRequests: { it: question } }) : says(read(answers));
        });
    asking('ask_form', inputRequired.elicit({
        message: 'Who?',
        requestedSchema: {
            type: 'object', properties: { name: { type: 'string' } }, required: ['name']
        }
    }), (answers) => `${answers.it.action} ${acceptedContent(answers, 'it')?.name}`);
    asking('ask_url',
        inputRequired.elicitUrl({ message: 'Go there', url: 'https://example.com/go' }),
        (answers) => answers.it.action);
    asking('ask_model', inputRequired.createMessage({
        messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 5
    }), (answers) => answers.it.content.text);
    asking('ask_roots', inputRequired.listRoots(), (answers) => answers.it.roots[0].uri);
}

function addChangingTools(server) {
    const addGrown = () =>
        server.registerTool('grown', { inputSchema: NOTHING }, async () => says('new'));
    server.registerTool('touch', { inputSchema: NOTHING }, async () => {
        if (world.handler) {
            world.handler.notify.resourceUpdated(NOTE);
        } else {
            await server.server.sendResourceUpdated({ uri: NOTE });
        }
        return says('touched');
    });
    server.registerTool('grow', { inputSchema: NOTHING }, async () => {
        world.isGrown = true;
        if (world.handler) {
            world.handler.notify.toolsChanged();
        } else {
            addGrown();
        }
        return says('grown');
    });
    if (world.isGrown) {
        addGrown();
    }
}

function addOffers(server) {
    server.registerResource('note', NOTE, { mimeType: 'text/plain' },
        async () => ({ contents: [{ uri: NOTE, text: 'milk' }] }));
    server.registerResource('day', new ResourceTemplate('note://day/{day}', { list: undefined }),
        {}, async (uri, { day }) => ({ contents: [{ uri: uri.href, text: `on ${day}` }] }));
    server.registerPrompt('greet', {
        argsSchema: z.object({
            name: completable(z.string(), (typed) => ['Ada', 'Alan', 'Bob'].filter(
                (name) => name.startsWith(typed)))
        })
    }, ({ name }) => ({
        messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }]
    }));
}

function build() {
    const server = new McpServer({ name: 'new', version: '1.0.0' }, {
        capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } }
    });
    addPlainTools(server);
    addAskingTools(server);
    addChangingTools(server);
    addOffers(server);
    return server;
}

if (options.http) {
    world.handler = createMcpHandler(build, { legacy: 'reject' });
    const server = createServer(toNodeHandler(world.handler));
    server.listen(0, '127.0.0.1',
        () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
} else {
    serveStdio(build, { legacy: 'reject' });
}
