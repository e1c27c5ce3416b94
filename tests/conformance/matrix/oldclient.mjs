// SPDX-License-Identifier: GPL-3.0-or-later
// oldclient.mjs URL MARK [row…]: the matrix's rows with SDK 1.x, a client of the legacy era.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
    CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema,
    LoggingMessageNotificationSchema, ResourceUpdatedNotificationSchema,
    ToolListChangedNotificationSchema
} from '@modelcontextprotocol/sdk/types.js';

import { ANSWERS, runRows, tool } from './rows.mjs';

const [url, mark, ...rows] = process.argv.slice(2);
const heard = [];
const visited = [];

const client = new Client({ name: 'old', version: '1.0.0' }, { capabilities: ANSWERS.capabilities });
client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    if (params.mode === 'url') {
        visited.push(params.url);
        return ANSWERS.url;
    }
    return ANSWERS.form;
});
client.setRequestHandler(CreateMessageRequestSchema, async () => ANSWERS.model);
client.setRequestHandler(ListRootsRequestSchema, async () => ANSWERS.roots);
for (const schema of [LoggingMessageNotificationSchema, ResourceUpdatedNotificationSchema,
    ToolListChangedNotificationSchema]) {
    client.setNotificationHandler(schema, async (notification) => {
        heard.push(notification);
    });
}
// BRIDGE_CONNECT: by way of `mcp-bridge connect`.
const program = process.env.BRIDGE_CONNECT;
const transport = program
    ? new StdioClientTransport({ command: program, args: ['connect', url] })
    : new StreamableHTTPClientTransport(new URL(url));
await client.connect(transport);

const peer = {
    client, heard, visited, mark,
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
