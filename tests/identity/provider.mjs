// SPDX-License-Identifier: GPL-3.0-or-later
// The certified OpenID provider of npm with the realm of the tests: any login name is an account,
// alice and bob have groups. Prints its address. `--opaque` issues access tokens that only
// introspection understands. POST /control/rotate signs with a new key and withdraws the old one.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const opaque = process.argv.includes('--opaque');
const shortLived = process.argv.includes('--short');
const audience = 'mcp-bridge';
const groups = { alice: ['engineering', 'bridge-admins'], bob: ['finance'] };

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

let serial = 0;
function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: `key-${++serial}`, use: 'sig', alg: 'RS256' };
}

function claimsOf(id) {
  return {
    sub: id, email: `${id}@example.org`, email_verified: true, name: id, preferred_username: id,
    groups: groups[id] ?? [],
  };
}

function anyLoopbackPort(uris, uri) {
  const at = new URL(uri);
  return uris.some((known) => new URL(known).hostname === at.hostname
    && new URL(known).pathname === at.pathname);
}

function newProvider() {
  const provider = new Provider(issuer, {
    jwks: { keys: [signingKey()] },
    clients: [
      {
        client_id: 'mcp-bridge', client_secret: 'bridge-secret-for-tests',
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        redirect_uris: ['http://127.0.0.1/oauth/callback', 'http://localhost/oauth/callback'],
        post_logout_redirect_uris: ['http://127.0.0.1/', 'http://localhost/'],
        scope: 'openid offline_access email profile groups',
        application_type: 'web',
      },
    ],
    findAccount: (_, id) => ({ accountId: id, claims: () => claimsOf(id) }),
    claims: {
      openid: ['sub'], email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'], groups: ['groups'],
    },
    scopes: ['openid', 'offline_access', 'email', 'profile', 'groups'],
    conformIdTokenClaims: false,
    extraTokenClaims: (_, token) => (token.accountId ? claimsOf(token.accountId) : {}),
    issueRefreshToken: () => true,
    ttl: { AccessToken: shortLived ? 8 : 300, IdToken: 300, Session: 3600, Grant: 3600, Interaction: 600 },
    cookies: { keys: ['keys of the tests'] },
    features: {
      devInteractions: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: !opaque,
        defaultResource: () => `urn:${audience}`,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'openid email profile groups', audience, accessTokenFormat: 'jwt',
          accessTokenTTL: shortLived ? 8 : 300, jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  // Bridges under test listen on whatever port is free.
  const { prototype } = provider.Client;
  prototype.redirectUriAllowed = function allowed(uri) { return anyLoopbackPort(this.redirectUris, uri); };
  prototype.postLogoutRedirectUriAllowed = function allowed(uri) {
    return anyLoopbackPort(this.postLogoutRedirectUris, uri);
  };
  return provider;
}

let handle = newProvider().callback();
server.on('request', (request, response) => {
  if (request.method === 'POST' && request.url === '/control/rotate') {
    handle = newProvider().callback();
    response.end('rotated');
    return;
  }
  handle(request, response);
});
console.log(issuer);
