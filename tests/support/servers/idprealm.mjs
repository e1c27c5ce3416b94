// SPDX-License-Identifier: GPL-3.0-or-later
// One issuer: what it knows, and its answers at the endpoints of OAuth 2.x and OpenID Connect.
import crypto from 'node:crypto';
import { Keys, now } from './idpkeys.mjs';

const OIDC = '/protocol/openid-connect';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const OBO = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';

const refuse = (error, description, status = 400, more = {}) =>
  ({ status, body: { error, error_description: description, ...more } });

export class Realm {
  constructor(issuer) {
    this.issuer = issuer;
    this.keys = new Keys();
    this.opaque = new Map();    // token → claims
    this.revoked = new Set();
    this.codes = new Map();     // authorization code → what was asked
    this.refreshes = new Map(); // refresh token → claims
    this.clients = new Map();   // id → secret; empty = all are welcome
    this.brokered = new Map();  // alias → {format, status, tokens}
    this.user = { sub: 'alice' }; // who logs in at the authorization endpoint
    this.metadata = {};         // overrides of the discovery document
    this.lifetime = 300;
    this.rotateRefresh = true;
    this.opaqueAccess = false;  // access tokens of the token endpoint are opaque
    this.memberObjects = {};    // sub → groups that Microsoft Graph tells
    this.exchangeError = null;  // {status, body} for exchanges
  }

  discovery() {
    const at = (path) => this.issuer + path;
    return {
      issuer: this.issuer,
      authorization_endpoint: at(`${OIDC}/auth`),
      token_endpoint: at(`${OIDC}/token`),
      introspection_endpoint: at(`${OIDC}/token/introspect`),
      revocation_endpoint: at(`${OIDC}/revoke`),
      userinfo_endpoint: at(`${OIDC}/userinfo`),
      end_session_endpoint: at(`${OIDC}/logout`),
      jwks_uri: at(`${OIDC}/certs`),
      registration_endpoint: at('/clients-registrations/openid-connect'),
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials',
        EXCHANGE, OBO],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      scopes_supported: ['openid', 'profile', 'email'],
      ...this.metadata,
    };
  }

  claims(more = {}) {
    const made = { iss: this.issuer, sub: 'alice', azp: 'test-client', iat: now(),
      exp: now() + this.lifetime, jti: crypto.randomUUID(), ...more };
    for (const name of Object.keys(made)) {
      if (made[name] === null)
        delete made[name]; // `exp: null` asks for a token without it
    }
    return made;
  }

  mint({ claims, expires_in: lifetime, ...how } = {}) {
    const exp = lifetime === undefined ? {} : { exp: now() + lifetime };
    return this.keys.sign({ ...how, claims: this.claims({ ...exp, ...claims }) });
  }

  mintOpaque(claims) {
    const token = `opaque-${crypto.randomUUID()}`;
    this.opaque.set(token, this.claims(claims));
    return token;
  }

  /// The claims of a token of ours that is still good, else nothing.
  read(token) {
    if (!token || this.revoked.has(token))
      return undefined;
    let claims = this.opaque.get(token);
    if (!claims) {
      try {
        claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
      } catch {
        return undefined;
      }
    }
    return claims.iss === this.issuer && !(claims.exp <= now()) ? claims : undefined;
  }

  introspect(form, basic) {
    if (!this.knows(form, basic))
      return refuse('invalid_client', 'Who are you?', 401);
    const claims = this.read(form.token);
    return { status: 200, body: claims ? { active: true, token_type: 'Bearer', ...claims }
      : { active: false } };
  }

  knows(form, basic) {
    if (this.clients.size === 0)
      return true;
    const [id, secret] = basic ?? [form.client_id, form.client_secret ?? ''];
    return this.clients.has(id) && this.clients.get(id) === secret;
  }

  revoke(form) {
    this.revoked.add(form.token);
    this.refreshes.delete(form.token);
    return { status: 200, body: {} };
  }

  issue(claims, { scope, nonce, client_id: client } = {}) {
    const access = { ...claims, ...(scope ? { scope } : {}), ...(client ? { azp: client } : {}) };
    const refresh = `refresh-${crypto.randomUUID()}`;
    this.refreshes.set(refresh, { claims, scope, client_id: client });
    const body = {
      access_token: this.opaqueAccess ? this.mintOpaque(access) : this.mint({ claims: access }),
      token_type: 'Bearer', expires_in: this.lifetime, refresh_token: refresh, scope,
    };
    if (scope?.split(' ').includes('openid'))
      body.id_token = this.mint({ claims: { ...claims, aud: client, ...(nonce ? { nonce } : {}) } });
    return { status: 200, body };
  }

  token(form, basic) {
    if (!this.knows(form, basic))
      return refuse('invalid_client', 'Who are you?', 401);
    const client = basic ? basic[0] : form.client_id;
    switch (form.grant_type) {
      case 'authorization_code': return this.redeem(form, client);
      case 'refresh_token': return this.refresh(form, client);
      case 'client_credentials':
        return this.issue({ sub: `service-${client}` }, { scope: form.scope, client_id: client });
      case EXCHANGE: return this.exchange(form, form.subject_token);
      case OBO: return this.exchange(form, form.assertion);
      default: return refuse('unsupported_grant_type', 'No such grant.');
    }
  }

  /// Microsoft Graph, for tokens that were exchanged only.
  groupsOf(bearer) {
    const claims = this.read(bearer);
    if (!claims?.exchanged)
      return { status: 401, body: { error: { code: 'InvalidAuthenticationToken', message: 'alice?' } } };
    const groups = this.memberObjects[claims.sub];
    return groups ? { status: 200, body: { value: groups } }
      : { status: 403, body: { error: { code: 'Authorization_RequestDenied', message: 'alice?' } } };
  }

  redeem(form, client) {
    const asked = this.codes.get(form.code);
    this.codes.delete(form.code);
    const verifier = crypto.createHash('sha256').update(form.code_verifier ?? '').digest('base64url');
    if (!asked || asked.client_id !== client || asked.redirect_uri !== form.redirect_uri
        || asked.code_challenge !== verifier)
      return refuse('invalid_grant', 'That code is not good.');
    return this.issue(asked.user, asked);
  }

  refresh(form, client) {
    const known = this.refreshes.get(form.refresh_token);
    if (!known)
      return refuse('invalid_grant', 'Token is not active');
    if (!this.rotateRefresh) {
      const answer = this.issue(known.claims, { ...known, client_id: client });
      delete answer.body.refresh_token;
      return answer;
    }
    this.refreshes.delete(form.refresh_token);
    return this.issue(known.claims, { ...known, client_id: client });
  }

  exchange(form, subject) {
    if (this.exchangeError)
      return this.exchangeError;
    const claims = this.read(subject);
    if (!claims)
      return refuse('invalid_grant', 'The subject token is not good.');
    const target = { sub: claims.sub, exchanged: true, act: { sub: form.client_id ?? 'bridge' },
      ...(form.audience ? { aud: form.audience } : {}) };
    return { status: 200, body: { access_token: this.mint({ claims: target }),
      issued_token_type: ACCESS, token_type: 'Bearer', expires_in: this.lifetime,
      ...(form.scope ? { scope: form.scope } : {}) } };
  }

  /// Everybody who comes is `user` and consents.
  authorize(query) {
    const back = new URL(query.redirect_uri);
    const put = (name, value) => value && back.searchParams.set(name, value);
    put('state', query.state);
    put('iss', this.issuer);
    if (query.response_type !== 'code' || query.code_challenge_method !== 'S256') {
      put('error', 'invalid_request');
      return back.href;
    }
    const code = `code-${crypto.randomUUID()}`;
    this.codes.set(code, { ...query, user: this.user });
    put('code', code);
    return back.href;
  }

  broker(alias, bearer) {
    const known = this.brokered.get(alias);
    if (!this.read(bearer))
      return refuse('invalid_token', 'HTTP 401 Unauthorized', 401);
    if (!known)
      return refuse('not_linked', 'Identity provider is not linked', 400);
    if (known.status && known.status !== 200)
      return refuse('broker', 'Not today', known.status);
    const tokens = known.tokens ?? { access_token: `broker-${alias}-${this.read(bearer).sub}`,
      token_type: 'Bearer', expires_in: 300 };
    return { status: 200, form: known.format === 'form', body: tokens };
  }
}
