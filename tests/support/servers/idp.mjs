// SPDX-License-Identifier: GPL-3.0-or-later
// An identity provider for tests: as many issuers as paths (/realms/{name}), laid out as Keycloak
// does it, with an Entra-like token endpoint, a credential store, and a side entrance (/control)
// through which tests mint tokens and make trouble. Prints its address first. Node.js 18 or newer,
// nothing else; see ../idp.py for who speaks to it.
import http from 'node:http';
import https from 'node:https';
import fs from 'node:fs';
import { Realm } from './idprealm.mjs';
import { trouble } from './idptrouble.mjs';

const options = Object.fromEntries(process.argv.slice(2).map((word) => word.split('=')));
const realms = new Map();
const modes = new Map();  // endpoint → mode
const stored = new Map(); // email/connection → API key
let seen = [];
let address = '';

function realm(name) {
  if (!realms.has(name))
    realms.set(name, new Realm(`${address}/realms/${name}`));
  return realms.get(name);
}

const OIDC = '/realms/([^/]+)/protocol/openid-connect';
/// Method, path, name for modes, and what it does; the first group is the realm.
const ROUTES = [
  ['GET', /^\/realms\/([^/]+)\/\.well-known\/openid-configuration$/, 'discovery', discover],
  ['GET', /^\/\.well-known\/(?:oauth-authorization-server|openid-configuration)\/realms\/([^/]+)$/,
    'discovery-inserted', discover],
  ['GET', new RegExp(`^${OIDC}/certs$`), 'jwks', (one) => ({ status: 200, body: one.keys.jwks() })],
  ['POST', new RegExp(`^${OIDC}/token$`), 'token', (one, ask) => one.token(ask.form, ask.basic)],
  ['POST', new RegExp(`^${OIDC}/token/introspect$`), 'introspect',
    (one, ask) => one.introspect(ask.form, ask.basic)],
  ['POST', new RegExp(`^${OIDC}/revoke$`), 'revoke', (one, ask) => one.revoke(ask.form)],
  ['GET', new RegExp(`^${OIDC}/auth$`), 'auth',
    (one, ask) => ({ status: 302, location: one.authorize(ask.query) })],
  ['GET', new RegExp(`^${OIDC}/userinfo$`), 'userinfo', userinfo],
  ['GET', new RegExp(`^${OIDC}/logout$`), 'logout', (one, ask) => (
    ask.query.post_logout_redirect_uri ? { status: 302, location: ask.query.post_logout_redirect_uri }
      : { status: 200, body: { loggedOut: true } })],
  ['POST', /^\/realms\/([^/]+)\/clients-registrations\/openid-connect$/, 'register',
    (one, ask) => ({ status: 201, body: { ...ask.json, client_id: `registered-${seen.length}` } })],
  ['GET', /^\/realms\/([^/]+)\/broker\/([^/]+)\/token$/, 'broker',
    (one, ask, [, alias]) => one.broker(alias, ask.bearer)],
  ['POST', /^\/([^/]+)\/oauth2\/v2\.0\/token$/, 'entra', (one, ask) => one.token(ask.form, ask.basic)],
  ['POST', /^\/graph\/([^/]+)\/v1\.0\/me\/getMemberObjects$/, 'graph',
    (one, ask) => one.groupsOf(ask.bearer)],
  ['GET', /^\/(api)\/internal\/connection-key\/(.+)$/, 'store', storedKey],
];

function discover(one, ask) {
  return { status: 200, body: one.discovery() };
}

function userinfo(one, ask) {
  const claims = one.read(ask.bearer);
  return claims ? { status: 200, body: { ...one.user, ...claims } }
    : { status: 401, body: { error: 'invalid_token' } };
}

function storedKey(_, ask, [, place]) {
  const key = stored.get(place.split('/').map(decodeURIComponent).join('\n'));
  return key === undefined ? { status: 404, body: { error: 'not found' } }
    : { status: 200, body: { key } };
}

// --- the side entrance ----------------------------------------------------------------------------

const CONTROL = {
  issuer: ({ realm: name }) => ({ issuer: realm(name).issuer }),
  mint: ({ realm: name, ...how }) => ({ token: realm(name).mint(how) }),
  opaque: ({ realm: name, claims }) => ({ token: realm(name).mintOpaque(claims) }),
  revoke: ({ realm: name, token }) => realm(name).revoke({ token }),
  rotate: ({ realm: name, keep = false }) => realm(name).keys.rotate(keep),
  jwks: ({ realm: name }) => realm(name).keys.jwks(),
  /// Any public member of Realm: user, metadata, lifetime, opaqueAccess, …
  set: ({ realm: name, ...values }) => Object.assign(realm(name), values),
  client: ({ realm: name, id, secret = '' }) => realm(name).clients.set(id, secret),
  broker: ({ realm: name, alias, ...how }) => realm(name).brokered.set(alias, how),
  refresh: ({ realm: name, token, claims, ...more }) =>
    realm(name).refreshes.set(token, { claims, ...more }),
  key: ({ email, connection, key }) => stored.set(`${email}\n${connection}`, key),
  mode: ({ endpoint = 'all', ...mode }) => modes.set(endpoint, mode),
  well: () => modes.clear(),
  seen: () => seen,
  forget: () => { seen = []; },
};

function control(name, json) {
  const result = CONTROL[name]?.(json);
  const plain = ['issuer', 'mint', 'opaque', 'jwks', 'seen'].includes(name) ? result : {};
  return CONTROL[name] ? { status: 200, body: plain }
    : { status: 404, body: { error: `There is no control ${name}.` } };
}

// --- HTTP -----------------------------------------------------------------------------------------

function understand(request, text) {
  const url = new URL(request.url, address);
  const authorization = request.headers.authorization ?? '';
  const ask = { path: url.pathname, query: Object.fromEntries(url.searchParams) };
  const [scheme, rest = ''] = authorization.split(' ');
  if (scheme.toLowerCase() === 'bearer')
    ask.bearer = rest;
  if (scheme.toLowerCase() === 'basic') {
    const [id, secret = ''] = Buffer.from(rest, 'base64').toString().split(':');
    ask.basic = [decodeURIComponent(id), decodeURIComponent(secret)];
  }
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded'))
    ask.form = Object.fromEntries(new URLSearchParams(text));
  if (type.startsWith('application/json'))
    ask.json = JSON.parse(text || '{}');
  ask.form ??= {};
  ask.json ??= {};
  return ask;
}

function reply(response, { status, body, location, form }) {
  if (location) {
    response.writeHead(status, { Location: location, 'Cache-Control': 'no-store' });
    response.end();
    return;
  }
  response.writeHead(status, { 'Cache-Control': 'no-store',
    'Content-Type': form ? 'application/x-www-form-urlencoded' : 'application/json' });
  response.end(form ? new URLSearchParams(body).toString() : JSON.stringify(body ?? {}));
}

async function answer(request, response, text) {
  const ask = understand(request, text);
  if (ask.path.startsWith('/control/')) {
    reply(response, control(ask.path.slice('/control/'.length), ask.json));
    return;
  }
  for (const [method, path, name, handler] of ROUTES) {
    const match = path.exec(ask.path);
    if (!match || method !== request.method)
      continue;
    seen.push({ endpoint: name, method, path: request.url, headers: request.headers,
      form: ask.form, json: ask.json, at: Date.now() });
    if (await trouble(modes.get(name) ?? modes.get('all'), request, response))
      return;
    reply(response, handler(realm(decodeURIComponent(match[1])), ask, match.slice(1)));
    return;
  }
  seen.push({ endpoint: 'none', method: request.method, path: request.url,
    headers: request.headers, form: ask.form, json: ask.json, at: Date.now() });
  reply(response, { status: 404, body: { error: 'no such page' } });
}

function listen(request, response) {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('error', () => {});
  response.on('error', () => {});
  request.on('end', () => {
    answer(request, response, Buffer.concat(pieces).toString()).catch((error) => {
      if (!response.headersSent)
        reply(response, { status: 500, body: { error: 'test', error_description: String(error) } });
    });
  });
}

const server = options.cert
  ? https.createServer({ cert: fs.readFileSync(options.cert), key: fs.readFileSync(options.key) }, listen)
  : http.createServer(listen);
server.listen(Number(options.port ?? 0), '127.0.0.1', () => {
  address = `${options.cert ? 'https' : 'http'}://${options.host ?? '127.0.0.1'}:${server.address().port}`;
  console.log(address);
});
