// SPDX-License-Identifier: GPL-3.0-or-later
// newclient.mjs URL MARK [row…]: the matrix's rows with SDK 2.x, a client of the modern era only.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { ANSWERS, runRows, tool } from './rows.mjs';

const [url, mark, ...rows] = process.argv.slice(2);
const heard = [];
const visited = [];

async function connect(headers = {}) {
    const client = new Client({ name: 'new', version: '1.0.0' }, {
        capabilities: ANSWERS.capabilities,
        versionNegotiation: { mode: { pin: '2026-07-28' } }
    });
    client.setRequestHandler('elicitation/create', async ({ params }) => {
        if (params.mode === 'url') {
            visited.push(params.url);
            return ANSWERS.url;
        }
        return ANSWERS.form;
    });
    client.setRequestHandler('sampling/createMessage', async () => ANSWERS.model);
    client.setRequestHandler('roots/list', async () => ANSWERS.roots);
    for (const method of ['notifications/message', 'notifications/resources/updated',
        'notifications/tools/list_changed']) {
        client.setNotificationHandler(method, async (notification) => {
            heard.push(notification);
        });
    }
    await client.connect(transportWith(headers));
    return client;
}

// BRIDGE_CONNECT: by way of `mcp-bridge connect`.
function transportWith(headers) {
    const program = process.env.BRIDGE_CONNECT;
    if (!program) {
        return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
    }
    const options = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    return new StdioClientTransport({ command: program, args: ['connect', url, ...options] });
}

function peerOf(client, meta = undefined) {
    const peer = {
        client, heard, visited, mark, revision: '2026-07-28',
        async call(name, given = {}, options = undefined) {
            const result = await client.callTool(
                { name: tool(name), arguments: given, ...(meta && { _meta: meta }) }, options);
            return result.content[0].text;
        },
        withLog: (run) => run(peerOf(client, { 'io.modelcontextprotocol/logLevel': 'info' })),
        // A session of the bridge's REST side serves as the handle.
        async withState(run) {
            const start = new URL(url.replace(/\/mcp$/, '/session/start'));
            const { session_id: handle } = await (await fetch(start, { method: 'POST' })).json();
            const other = await connect({ 'Mcp-Bridge-Session': handle });
            try {
                await run(peerOf(other));
            } finally {
                await other.close();
            }
        },
        watch: (uri) => client.listen({ resourceSubscriptions: [uri] }),
        watchLists: () => client.listen({ toolsListChanged: true })
    };
    return peer;
}

const client = await connect();
await runRows(peerOf(client), rows.length ? rows : undefined);
await client.close();
