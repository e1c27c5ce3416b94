// SPDX-License-Identifier: GPL-3.0-or-later
// Resources, prompts and completions of the conformance server.
import { acceptedContent, inputRequired, ResourceTemplate } from '@modelcontextprotocol/server';
import * as z from 'zod/v4';

import { form } from './questions.mjs';
import { PIXEL, text } from './samples.mjs';

function addResources(server) {
    const fixed = (name, mimeType, content) => {
        const uri = `test://${name}`;
        server.registerResource(name, uri, { description: `The resource ${name}`, mimeType },
            async () => ({ contents: [{ uri, mimeType, ...content }] }));
    };
    fixed('static-text', 'text/plain', { text: 'It never changes.' });
    fixed('static-binary', 'image/png', { blob: PIXEL });
    fixed('watched-resource', 'text/plain', { text: 'Somebody watches.' });
    server.registerResource('template',
        new ResourceTemplate('test://template/{id}/data', { list: undefined }),
        { description: 'Data by id', mimeType: 'application/json' },
        async (uri, { id }) => ({
            contents: [{
                uri: uri.toString(), mimeType: 'application/json',
                text: JSON.stringify({ id, data: `The data of ${id}` })
            }]
        }));
    server.server.setRequestHandler('resources/subscribe', async () => ({}));
    server.server.setRequestHandler('resources/unsubscribe', async () => ({}));
}

function addPrompts(server) {
    const says = (...contents) => ({
        messages: contents.map((content) => ({ role: 'user', content }))
    });
    server.registerPrompt('test_simple_prompt', { description: 'Takes nothing' },
        async () => says(text('A plain prompt.')));
    server.registerPrompt('test_prompt_with_arguments',
        { description: 'Takes two', argsSchema: z.object({ arg1: z.string(), arg2: z.string() }) },
        async ({ arg1, arg2 }) => says(text(`First ${arg1}, then ${arg2}.`)));
    server.registerPrompt('test_prompt_with_embedded_resource',
        { description: 'Shows a resource', argsSchema: z.object({ resourceUri: z.string() }) },
        async ({ resourceUri: uri }) => says(
            { type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'Inside.' } },
            text('Read it.')));
    server.registerPrompt('test_prompt_with_image', { description: 'Shows a picture' },
        async () => says({ type: 'image', data: PIXEL, mimeType: 'image/png' }, text('Look.')));
    // Without arguments its only parameter is the context.
    server.registerPrompt('test_input_required_result_prompt', { description: 'Asks something' },
        async (ctx) => {
            const said = acceptedContent(ctx.mcpReq.inputResponses, 'user_context')?.context;
            if (said === undefined) {
                return inputRequired({
                    inputRequests: { user_context: form('About what?', 'context') }
                });
            }
            return says(text(`It is about ${said}.`));
        });
}

export function addResourcesAndPrompts(server) {
    addResources(server);
    addPrompts(server);
    server.server.setRequestHandler('completion/complete', async () => ({
        completion: { values: ['one', 'two'], total: 2, hasMore: false }
    }));
}
