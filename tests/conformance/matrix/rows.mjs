// SPDX-License-Identifier: GPL-3.0-or-later
// What the matrix's clients do, in the words of both SDKs. Each row throws when it does not work.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** At an endpoint of several servers names and URIs say whose they are. */
export const tool = (name) => (process.env.BRIDGE_NAME_PREFIX ?? '') + name;
const uriOf = (uri) => (process.env.BRIDGE_URI_PREFIX ?? '') + uri;
const NOTE = uriOf('note://today');
const DAY = uriOf('note://day/');
const SECONDS = Number(process.env.BRIDGE_ROW_SECONDS ?? 10);

export async function until(condition, what) {
    for (const end = Date.now() + SECONDS * 1000; Date.now() < end; await pause(20)) {
        if (await condition()) {
            return;
        }
    }
    throw new Error(`${what} did not happen within ${SECONDS} s`);
}

function marks(file) {
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

/** The revisions that brought a row, or that alone have it. */
export const SINCE = {
    'structured content': '2025-06-18',
    'elicitation: form': '2025-06-18',
    'elicitation: URL': '2025-11-25'
};
const ONLY = { 'batch': '2025-03-26' };

function rowsOf({ revision, batch }) {
    return Object.keys(ROWS).filter((row) => !(SINCE[row] > revision)
        && (ONLY[row] ?? revision) === revision && (row !== 'batch' || batch));
}

/**
 * `peer` is the client in its era's words:
 * client          the SDK's client
 * revision        the one it speaks
 * batch(calls)    calls tools by one batch of requests, gives their texts; absent where the transport
 *                 has none
 * call(name, args, options)  calls a tool of the server, gives the text of its first content
 * heard           notifications so far: {method, params}
 * withState(run)  runs with a peer that has one server from call to call
 * watch(uri)      asks for updates of a resource, watchLists() for list changes
 */
export const ROWS = {
    'tools: list': async ({ client, revision }) => {
        const { tools } = await client.listTools();
        const add = tools.find(({ name }) => name === tool('add'));
        assert.equal(add?.inputSchema.properties.a.type, 'number');
        if (!(SINCE['structured content'] > revision)) {
            assert.equal(add.outputSchema.properties.sum.type, 'number');
        }
    },
    'tools: call': async ({ call }) => {
        assert.equal(await call('add', { a: 2, b: 3 }), '5');
    },
    'structured content': async ({ client }) => {
        const { structuredContent } = await client.callTool(
            { name: tool('add'), arguments: { a: 20, b: 22 } });
        assert.deepEqual(structuredContent, { sum: 42 });
    },
    'batch': async ({ batch }) => {
        assert.deepEqual(await batch([['add', { a: 1, b: 1 }], ['add', { a: 2, b: 2 }]]), ['2', '4']);
    },
    'prompts': async ({ client }) => {
        const { prompts } = await client.listPrompts();
        const name = tool('greet');
        assert.ok(prompts.some((prompt) => prompt.name === name), JSON.stringify(prompts));
        const { messages } = await client.getPrompt({ name, arguments: { name: 'Eve' } });
        assert.equal(messages[0].content.text, 'Greet Eve');
    },
    'resources': async ({ client }) => {
        const { resources } = await client.listResources();
        assert.ok(resources.some(({ uri }) => uri === NOTE), JSON.stringify(resources));
        const { contents } = await client.readResource({ uri: NOTE });
        assert.deepEqual([contents[0].uri, contents[0].text], [NOTE, 'milk']);
    },
    'resource templates': async ({ client }) => {
        const { resourceTemplates } = await client.listResourceTemplates();
        assert.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === `${DAY}{day}`),
            JSON.stringify(resourceTemplates));
        const { contents } = await client.readResource({ uri: `${DAY}monday` });
        assert.equal(contents[0].text, 'on monday');
    },
    'completion': async ({ client }) => {
        const { completion } = await client.complete({
            ref: { type: 'ref/prompt', name: tool('greet') }, argument: { name: 'name', value: 'A' }
        });
        assert.deepEqual(completion.values, ['Ada', 'Alan']);
    },
    'elicitation: form': async ({ call }) => {
        assert.equal(await call('ask_form'), 'accept Ada');
    },
    'elicitation: URL': async ({ call, visited }) => {
        const before = visited.length;
        assert.equal(await call('ask_url'), 'accept');
        assert.deepEqual(visited.slice(before), ['https://example.com/go']);
    },
    'sampling': async ({ call }) => {
        assert.equal(await call('ask_model'), 'Hello');
    },
    'roots': async ({ call }) => {
        assert.equal(await call('ask_roots'), 'file:///home/ada');
    },
    'progress': async ({ call }) => {
        // The SDKs drop progress that they read together with the answer, which a busy machine
        // makes happen now and then. What is really lost is lost each time.
        let seen = [];
        for (let attempt = 0; attempt < 4 && seen.length < 3; ++attempt) {
            seen = [];
            const text = await call('steps', {}, { onprogress: ({ progress }) => seen.push(progress) });
            assert.equal(text, 'three');
        }
        assert.deepEqual(seen, [1, 2, 3]);
    },
    'cancellation': async ({ call, mark }) => {
        const before = marks(mark);
        const controller = new AbortController();
        const waiting = call('wait', {}, { signal: controller.signal });
        waiting.catch(() => {});
        await pause(500);
        controller.abort('enough');
        await assert.rejects(waiting);
        await until(() => marks(mark) > before, 'the cancellation of the tool');
    },
    'log messages': async ({ withLog }) => withLog(async ({ call, heard }) => {
        assert.equal(await call('log'), 'logged');
        await until(() => heard.some(({ method, params }) =>
            method === 'notifications/message' && params.level === 'warning'
            && params.data === 'watch out'), 'the log message');
    }),
    'resource subscription': async ({ withState }) => withState(async (peer) => {
        await peer.watch(NOTE);
        assert.equal(await peer.call('touch'), 'touched');
        await until(() => peer.heard.some(({ method, params }) =>
            method === 'notifications/resources/updated' && params.uri === NOTE), 'the update');
    }),
    'list changes': async ({ withState }) => withState(async (peer) => {
        await peer.watchLists();
        assert.equal(await peer.call('grow'), 'grown');
        await until(() => peer.heard.some(({ method }) =>
            method === 'notifications/tools/list_changed'), 'the notification');
        await until(async () => (await peer.client.listTools()).tools.some(
            ({ name }) => name === tool('grown')), 'the new tool in the list');
    })
};

/** Runs all rows and prints {row: null or what went wrong}. */
export async function runRows(peer, names = rowsOf(peer)) {
    const report = {};
    for (const name of names) {
        try {
            await Promise.race([
                ROWS[name](peer),
                pause(2 * SECONDS * 1000, null, { ref: false }).then(() => {
                    throw new Error('nothing came');
                })
            ]);
            report[name] = null;
        } catch (error) {
            report[name] = String(error?.message ?? error).split('\n').slice(0, 4).join(' ');
        }
    }
    console.log(JSON.stringify(report));
}

/** Answers of the user, the model and the file system. */
export const ANSWERS = {
    form: { action: 'accept', content: { name: 'Ada' } },
    url: { action: 'accept' },
    model: { role: 'assistant', model: 'm', content: { type: 'text', text: 'Hello' } },
    roots: { roots: [{ uri: 'file:///home/ada', name: 'Home' }] },
    capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } }
};
