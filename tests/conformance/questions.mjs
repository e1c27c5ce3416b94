// SPDX-License-Identifier: GPL-3.0-or-later
// Tools of the conformance server that ask their client something.
import {
    acceptedContent, CLIENT_CAPABILITIES_META_KEY, createRequestStateCodec, fromJsonSchema,
    inputRequired
} from '@modelcontextprotocol/server';
import { randomBytes } from 'node:crypto';

import { text } from './samples.mjs';

export const stateCodec = createRequestStateCodec({ key: randomBytes(32) });

function ask(message, properties, required) {
    return inputRequired.elicit({
        message, requestedSchema: { type: 'object', properties, required }
    });
}

/** A question for one text. */
export function form(message, field) {
    return ask(message, { [field]: { type: 'string' } }, [field]);
}

function sample(prompt) {
    return inputRequired.createMessage({
        messages: [{ role: 'user', content: text(prompt) }], maxTokens: 100
    });
}

const confirmation = () => ask('Really?', { ok: { type: 'boolean' } }, ['ok']);
const done = (said) => ({ content: [text(said)] });
const said = (answers, key) => answers?.[key]?.content?.text;

const WITH_DEFAULTS = {
    name: { type: 'string', description: 'Name', default: 'John Doe' },
    age: { type: 'integer', description: 'Age', default: 30 },
    score: { type: 'number', description: 'Score', default: 95.5 },
    status: {
        type: 'string', description: 'Status', enum: ['active', 'inactive', 'pending'],
        default: 'active'
    },
    verified: { type: 'boolean', description: 'Verified', default: true }
};

const titled = (word, numbers) => numbers.map((n) => ({ const: `value${n}`, title: `${word} ${n}` }));
const plain = ['option1', 'option2', 'option3'];
const ENUMS = {
    untitledSingle: { type: 'string', enum: plain },
    titledSingle: { type: 'string', oneOf: titled('Choice', [1, 2, 3]) },
    legacyEnum: {
        type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three']
    },
    untitledMulti: {
        type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', enum: plain }
    },
    titledMulti: {
        type: 'array', minItems: 1, maxItems: 3, items: { anyOf: titled('Choice', [1, 2, 3]) }
    }
};

function addTool(server, name, description, run, properties = {}) {
    const inputSchema = fromJsonSchema(
        { type: 'object', properties, required: Object.keys(properties) });
    server.registerTool(name, { description, inputSchema },
        (given, ctx) => run({ ...ctx.mcpReq, given }));
}

/** Those the suite calls in the legacy era. */
function addLegacyOnes(server) {
    const elicit = (properties, required) => async ({ inputResponses, given }) => {
        const got = inputResponses?.answer;
        if (got === undefined) {
            return inputRequired({
                inputRequests: { answer: ask(given.message ?? 'Please fill in', properties, required) }
            });
        }
        return done(`${got.action}: ${JSON.stringify(got.content ?? {})}`);
    };
    addTool(server, 'test_elicitation', 'Asks the user',
        elicit({ response: { type: 'string' } }, ['response']), { message: { type: 'string' } });
    addTool(server, 'test_elicitation_sep1034_defaults', 'Asks with defaults',
        elicit(WITH_DEFAULTS, []));
    addTool(server, 'test_elicitation_sep1330_enums', 'Asks for choices', elicit(ENUMS, []));
    addTool(server, 'test_sampling', 'Asks the model', async ({ inputResponses, given }) => {
        const answer = said(inputResponses, 'answer');
        return answer === undefined
            ? inputRequired({ inputRequests: { answer: sample(given.prompt) } })
            : done(`The model said: ${answer}`);
    }, { prompt: { type: 'string' } });
}

function addSingle(server) {
    addTool(server, 'test_input_required_result_elicitation', 'Asks for a name',
        async ({ inputResponses }) => {
            const name = acceptedContent(inputResponses, 'user_name')?.name;
            return typeof name === 'string' ? done(`Hello, ${name}.`)
                : inputRequired({ inputRequests: { user_name: form('Your name?', 'name') } });
        });
    addTool(server, 'test_input_required_result_sampling', 'Asks the model',
        async ({ inputResponses }) => {
            const answer = said(inputResponses, 'capital');
            return answer !== undefined ? done(answer)
                : inputRequired({ inputRequests: { capital: sample('The capital of France?') } });
        });
    addTool(server, 'test_missing_capability', 'Cannot do without the model',
        async ({ inputResponses }) => (inputResponses?.answer ? done('Thank you.')
            : inputRequired({ inputRequests: { answer: sample('Say yes.') } })));
    addTool(server, 'test_input_required_result_list_roots', 'Asks for the roots',
        async ({ inputResponses }) => {
            const roots = inputResponses?.client_roots?.roots;
            return Array.isArray(roots) ? done(`${roots.length} root(s)`)
                : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
        });
}

function addWithState(server) {
    const stateful = (word) => async ({ inputResponses, requestState }) => {
        const answered = acceptedContent(inputResponses, 'confirm') !== undefined;
        return answered && requestState() !== undefined ? done(`${word}: seen`)
            : inputRequired({
                inputRequests: { confirm: confirmation() },
                requestState: await stateCodec.mint({ word })
            });
    };
    addTool(server, 'test_input_required_result_request_state', 'Hands out a state',
        stateful('state-ok'));
    addTool(server, 'test_input_required_result_tampered_state', 'Hands out a sealed state',
        stateful('integrity-ok'));
    addTool(server, 'test_input_required_result_multi_round', 'Asks twice',
        async ({ inputResponses, requestState }) => {
            const state = requestState();
            if (state === undefined) {
                return inputRequired({
                    inputRequests: { step1: form('Your name?', 'name') },
                    requestState: await stateCodec.mint({ round: 1 })
                });
            }
            if (state.round === 1) {
                const name = acceptedContent(inputResponses, 'step1')?.name ?? 'somebody';
                return inputRequired({
                    inputRequests: { step2: form('Your colour?', 'color') },
                    requestState: await stateCodec.mint({ round: 2, name })
                });
            }
            return done(`${state.name}: ${acceptedContent(inputResponses, 'step2')?.color}`);
        });
}

function addSeveral(server) {
    addTool(server, 'test_input_required_result_multiple_inputs', 'Asks everybody at once',
        async ({ inputResponses }) => {
            const name = acceptedContent(inputResponses, 'user_name')?.name;
            const greeting = said(inputResponses, 'greeting');
            const roots = inputResponses?.client_roots?.roots;
            if (name !== undefined && greeting !== undefined && Array.isArray(roots)) {
                return done(`${greeting} ${name}, ${roots.length} root(s)`);
            }
            return inputRequired({
                inputRequests: {
                    user_name: form('Your name?', 'name'),
                    greeting: sample('Greet somebody.'),
                    client_roots: inputRequired.listRoots()
                },
                requestState: await stateCodec.mint({ word: 'all' })
            });
        });
    addTool(server, 'test_input_required_result_capabilities', 'Asks only who can be asked',
        async ({ inputResponses, envelope }) => {
            if (inputResponses !== undefined) {
                return done('Thank you.');
            }
            const can = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
            const inputRequests = {
                ...(can.elicitation && { user_name: form('Your name?', 'name') }),
                ...(can.sampling && { greeting: sample('Greet somebody.') }),
                ...(can.roots && { client_roots: inputRequired.listRoots() })
            };
            return Object.keys(inputRequests).length ? inputRequired({ inputRequests })
                : done('There is nobody to ask.');
        });
}

export function addQuestions(server) {
    addLegacyOnes(server);
    addSingle(server);
    addWithState(server);
    addSeveral(server);
}
