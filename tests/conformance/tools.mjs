// SPDX-License-Identifier: GPL-3.0-or-later
// Tools of the conformance server that ask nothing.
import { fromJsonSchema } from '@modelcontextprotocol/server';
import * as z from 'zod/v4';

import { PIXEL, SILENCE, text } from './samples.mjs';

const NOTHING = z.object({});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Keywords of JSON Schema 2020-12 that must reach the client as they are. */
const CONTACT = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
        address: {
            $anchor: 'addressDef',
            type: 'object',
            properties: { street: { type: 'string' }, city: { type: 'string' } }
        }
    },
    properties: {
        name: { type: 'string' },
        address: { $ref: '#/$defs/address' },
        contactMethod: { type: 'string', enum: ['phone', 'email'] },
        phone: { type: 'string' },
        email: { type: 'string' }
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false
};

const MIRRORED = {
    type: 'object',
    properties: {
        region: { type: 'string', 'x-mcp-header': 'Region' },
        level: { type: 'integer' }
    }
};

function resource(uri, mimeType, content) {
    return { type: 'resource', resource: { uri, mimeType, text: content } };
}

function addContent(server) {
    const fixed = (name, description, content) =>
        server.registerTool(name, { description }, async () => ({ content }));
    const image = { type: 'image', data: PIXEL, mimeType: 'image/png' };
    fixed('test_simple_text', 'One text', [text('A plain text.')]);
    fixed('test_image_content', 'One picture', [image]);
    fixed('test_audio_content', 'One sound',
        [{ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }]);
    fixed('test_embedded_resource', 'One resource',
        [resource('test://embedded-resource', 'text/plain', 'Inside.')]);
    fixed('test_multiple_content_types', 'A text, a picture and a resource',
        [text('Three kinds:'), image, resource('test://mixed', 'application/json', '{"a":1}')]);
    fixed('test_streaming_elicitation', 'Asks nobody anything', [text('Nothing was asked.')]);
    server.registerTool('test_error_handling', { description: 'Fails' }, async () => {
        throw new Error('This tool fails on purpose.');
    });
}

function addTelling(server, connection) {
    server.registerTool('test_tool_with_logging',
        { description: 'Logs three times', inputSchema: NOTHING },
        async (_, ctx) => {
            for (const step of ['started', 'at work', 'done']) {
                await ctx.mcpReq.log('info', step);
                await pause(20);
            }
            return { content: [text('Logged.')] };
        });
    server.registerTool('test_logging_tool',
        { description: 'Logs once', inputSchema: NOTHING },
        async (_, ctx) => {
            await ctx.mcpReq.log('info', 'once');
            return { content: [text('Logged.')] };
        });
    server.registerTool('test_tool_with_progress',
        { description: 'Reports progress three times', inputSchema: NOTHING },
        async (_, ctx) => {
            const progressToken = ctx.mcpReq._meta?.progressToken;
            for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
                await ctx.mcpReq.notify({
                    method: 'notifications/progress',
                    params: { progressToken, progress, total: 100, message: `${progress} of 100` }
                });
                await pause(20);
            }
            return { content: [text('Arrived.')] };
        });
    server.registerTool('test_reconnection',
        { description: 'Closes its stream before it answers', inputSchema: NOTHING },
        async (_, ctx) => {
            connection.transports.get(ctx.sessionId)?.closeSSEStream(ctx.mcpReq.id);
            await pause(100);
            return { content: [text('You came back.')] };
        });
}

/** Over HTTP a modern request has a server of its own; what changed is told for all of them. */
function addChanges(server, connection) {
    const trigger = (what, tell, tellAll) =>
        server.registerTool(`test_trigger_${what}_change`,
            { description: `Says that the ${what}s changed`, inputSchema: NOTHING },
            async (_, ctx) => {
                if (connection.handler && ctx.mcpReq.envelope) {
                    tellAll(connection.handler.notify);
                } else {
                    tell();
                }
                return { content: [text('Told.')] };
            });
    trigger('tool', () => server.sendToolListChanged(), (all) => all.toolsChanged());
    trigger('prompt', () => server.sendPromptListChanged(), (all) => all.promptsChanged());
}

export function addTools(server, connection) {
    addContent(server);
    addTelling(server, connection);
    addChanges(server, connection);
    server.registerTool('test_x_mcp_header',
        { description: 'Has an argument that is mirrored', inputSchema: fromJsonSchema(MIRRORED) },
        async ({ region }) => ({ content: [text(`region: ${region ?? 'none'}`)] }));
    server.registerTool('json_schema_2020_12_tool',
        { description: 'Has a schema of many keywords', inputSchema: fromJsonSchema(CONTACT) },
        async (given) => ({ content: [text(JSON.stringify(given))] }));
}
