// SPDX-License-Identifier: GPL-3.0-or-later
// Signing keys of one issuer, and tokens as good or as bad as a test wants them.
import crypto from 'node:crypto';

const FAMILIES = {
  RS: () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: () => crypto.generateKeyPairSync('ed25519'),
};

const familyOf = (alg) => (/^(RS|PS|HS|none)/.test(alg) ? 'RS' : alg);
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  .toString('base64url');
export const now = () => Math.floor(Date.now() / 1000);

export class Keys {
  constructor() {
    this.generation = 0;
    this.withdrawn = {};  // of the generation before
    this.kept = [];       // public keys of older generations that are still published
    this.make();
  }

  make() {
    this.generation += 1;
    this.current = {};
    for (const [family, generate] of Object.entries(FAMILIES))
      this.current[family] = { kid: `${family}-${this.generation}`, ...generate() };
  }

  /// New keys; with `keep` the old ones stay published.
  rotate(keep) {
    this.kept = keep ? this.published().filter((key) => key.use === 'sig') : [];
    this.withdrawn = this.current;
    this.make();
  }

  published() {
    const own = Object.values(this.current).map(({ kid, publicKey }) =>
      ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }));
    return [...own, ...this.kept];
  }

  jwks() {
    const encryption = this.current.RS.publicKey.export({ format: 'jwk' });
    return { keys: [{ ...encryption, kid: 'for-encryption', use: 'enc', alg: 'RSA-OAEP' },
      ...this.published()] };
  }

  /// `alg`, `claims`; `header` adds fields, `kid` null leaves it out, `key` withdrawn or stranger
  /// signs with another key than the header says, `secret` is for HS256 (default: the public RSA
  /// key as PEM), `rawHeader` and `rawPayload` are taken as they stand, `spoil` breaks the
  /// signature.
  sign({ alg = 'RS256', claims = {}, header = {}, kid, key = 'current', secret, rawHeader,
    rawPayload, spoil = false }) {
    const family = familyOf(alg);
    let pair = this.current[family];
    if (key === 'withdrawn')
      pair = this.withdrawn[family] ?? pair;
    if (key === 'stranger')
      pair = { kid: pair.kid, ...FAMILIES[family]() };
    const head = { alg, typ: 'JWT', kid: kid ?? pair.kid, ...header };
    if (kid === null)
      delete head.kid;
    const input = `${encode(rawHeader ?? head)}.${encode(rawPayload ?? claims)}`;
    let signature = this.signature(alg, pair, input, secret);
    if (spoil)
      signature[0] ^= 1;
    return `${input}.${signature.toString('base64url')}`;
  }

  signature(alg, pair, input, secret) {
    if (alg === 'none')
      return Buffer.alloc(0);
    const bits = alg.slice(2);
    if (alg.startsWith('HS')) {
      const shared = secret ?? pair.publicKey.export({ type: 'spki', format: 'pem' });
      return crypto.createHmac(`sha${bits}`, shared).update(input).digest();
    }
    if (alg === 'EdDSA')
      return crypto.sign(null, Buffer.from(input), pair.privateKey);
    const how = { key: pair.privateKey };
    if (alg.startsWith('PS')) {
      how.padding = crypto.constants.RSA_PKCS1_PSS_PADDING;
      how.saltLength = crypto.constants.RSA_PSS_SALTLEN_DIGEST;
    }
    if (alg.startsWith('ES'))
      how.dsaEncoding = 'ieee-p1363';
    return crypto.sign(`sha${bits}`, Buffer.from(input), how);
  }
}
