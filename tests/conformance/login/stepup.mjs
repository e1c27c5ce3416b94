// SPDX-License-Identifier: GPL-3.0-or-later
// stepup.mjs SDK URL TOOL OTHER: the official client with its OAuth provider comes without a token,
// calls TOOL, then OTHER, which takes another scope, and ends. The user's browser is a fetch of the
// authorization page, which consents. Prints a line of JSON for each step.
const [sdk, url, tool, other] = process.argv.slice(2);
const isNew = sdk.endsWith('/client');
const { Client, StreamableHTTPClientTransport } = isNew ? await import(sdk) : {
    ...await import(`${sdk}/client/index.js`), ...await import(`${sdk}/client/streamableHttp.js`)
};
const REDIRECT = 'http://127.0.0.1:9/callback';
const print = (step) => console.log(JSON.stringify(step));

const browser = { answer: null };
const kept = {};
const provider = {
    redirectUrl: REDIRECT,
    clientMetadata: { client_name: 'step-up', redirect_uris: [REDIRECT],
        grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
        token_endpoint_auth_method: 'none' },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => { kept.client = client; },
    tokens: () => kept.tokens,
    // 1.x refreshes when it is told to step up, which brings no scope, and gives up at the next 403.
    saveTokens: ({ refresh_token: refresh, ...tokens }) => {
        kept.tokens = isNew ? { ...tokens, refresh_token: refresh } : tokens;
    },
    codeVerifier: () => kept.verifier,
    saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
    async redirectToAuthorization(page) {
        const answer = await fetch(page, { redirect: 'manual' });
        browser.answer = new URL(answer.headers.get('location'));
        print({ login: page.searchParams.get('scope'), resource: page.searchParams.get('resource') });
    }
};

const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
const makeClient = () => new Client({ name: 'step-up', version: '1' },
    isNew ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {});

/** Runs `step`; when it ends at the login page, finishes the login and runs it once more. */
async function withLogin(way, step) {
    try {
        return await step();
    } catch (error) {
        if (!browser.answer) {
            throw error;
        }
        const back = browser.answer.searchParams;
        browser.answer = null;
        // 2.x also looks at `iss`.
        await way().finishAuth(isNew ? back : back.get('code'));
        return step();
    }
}

let client;
let way;
await withLogin(() => way, async () => {
    client = makeClient();
    way = transport();
    await client.connect(way);
});
const call = async (name) => {
    const { content } = await client.callTool({ name, arguments: {} });
    print({ called: name, text: content[0].text });
};
await withLogin(() => way, () => call(tool));
await withLogin(() => way, () => call(other));
await client.close();
