// SPDX-License-Identifier: GPL-3.0-or-later
// oldclient.mjs URL MARK [row…]: the matrix's rows with SDK 1.x, a client of the legacy era.
// BRIDGE_SDK names the package of another version of it, BRIDGE_REVISION the revision that one
// speaks; BRIDGE_TRANSPORT=sse takes the transport of 2024-11-05.
import { ANSWERS, runRows, tool } from './rows.mjs';

const sdk = process.env.BRIDGE_SDK ?? '@modelcontextprotocol/sdk';
const revision = process.env.BRIDGE_REVISION ?? '2025-11-25';
const { Client } = await import(`${sdk}/client/index.js`);
const types = await import(`${sdk}/types.js`);

const [url, mark, ...rows] = process.argv.slice(2);
const heard = [];
const visited = [];

function capabilities() {
    const { elicitation, ...rest } = ANSWERS.capabilities;
    return revision >= '2025-11-25' ? ANSWERS.capabilities
        : revision >= '2025-06-18' ? { ...rest, elicitation: {} } : rest;
}

const client = new Client({ name: 'old', version: '1.0.0' }, { capabilities: capabilities() });
if (revision >= '2025-06-18') {
    client.setRequestHandler(types.ElicitRequestSchema, async ({ params }) => {
        if (params.mode === 'url') {
            visited.push(params.url);
            return ANSWERS.url;
        }
        return ANSWERS.form;
    });
}
client.setRequestHandler(types.CreateMessageRequestSchema, async () => ANSWERS.model);
client.setRequestHandler(types.ListRootsRequestSchema, async () => ANSWERS.roots);
for (const schema of [types.LoggingMessageNotificationSchema,
    types.ResourceUpdatedNotificationSchema, types.ToolListChangedNotificationSchema]) {
    client.setNotificationHandler(schema, async (notification) => {
        heard.push(notification);
    });
}

async function makeTransport() {
    // By way of `mcp-bridge connect`.
    const program = process.env.BRIDGE_CONNECT;
    if (program) {
        const { StdioClientTransport } = await import(`${sdk}/client/stdio.js`);
        return new StdioClientTransport({ command: program, args: ['connect', url] });
    }
    if (process.env.BRIDGE_TRANSPORT === 'sse') {
        const { SSEClientTransport } = await import(`${sdk}/client/sse.js`);
        return new SSEClientTransport(new URL(url));
    }
    const { StreamableHTTPClientTransport } = await import(`${sdk}/client/streamableHttp.js`);
    return new StreamableHTTPClientTransport(new URL(url));
}

const transport = await makeTransport();
await client.connect(transport);

/** Below the client, which sends no batches. */
async function batch(calls) {
    const texts = new Map();
    const usual = transport.onmessage;
    const done = new Promise((resolve) => {
        transport.onmessage = (message, extra) => {
            if (!String(message.id).startsWith('batch-')) {
                return usual(message, extra);
            }
            texts.set(message.id, message.result.content[0].text);
            if (texts.size === calls.length) {
                resolve();
            }
        };
    });
    await transport.send(calls.map(([name, given], index) => ({
        jsonrpc: '2.0', id: `batch-${index}`, method: 'tools/call',
        params: { name: tool(name), arguments: given }
    })));
    await done;
    transport.onmessage = usual;
    return calls.map((_, index) => texts.get(`batch-${index}`));
}

const peer = {
    client, heard, visited, mark, revision,
    batch: process.env.BRIDGE_TRANSPORT === 'sse' ? undefined : batch,
    async call(name, given = {}, options = undefined) {
        const result = await client.callTool({ name: tool(name), arguments: given }, undefined, options);
        return result.content[0].text;
    },
    async withLog(run) {
        await client.setLoggingLevel('info');
        await run(peer);
    },
    withState: (run) => run(peer),
    watch: (uri) => client.subscribeResource({ uri }),
    watchLists: async () => {}
};
await runRows(peer, rows.length ? rows : undefined);
await transport.terminateSession?.();
await client.close();
