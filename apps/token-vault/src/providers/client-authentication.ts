import { createHash, createPrivateKey, X509Certificate, type KeyObject, type webcrypto } from 'node:crypto';
import type { ClientKey } from '@gatehouse/config/model/upstream-provider';
import type { Secret } from '@gatehouse/kernel/secret';
import {
  ClientSecretBasic,
  ClientSecretPost,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  type ClientAuth,
  type ServerMetadata,
} from 'openid-client';
import type { Provider } from './provider-registry.js';
import { isResolved } from './resolved-provider.js';

/** How the client proves itself at the token endpoint: as configured, else the best that the provider's metadata offers. */
export async function clientAuthentication(
  provider: Provider,
  metadata: ServerMetadata,
): Promise<ClientAuth> {
  const { clientKey, clientSecret, tokenEndpointAuthMethod: configured } = provider;
  if (clientKey !== undefined) return await withKey(clientKey, metadata);
  if (clientSecret === undefined) return None();
  const secret = clientSecret.reveal();
  switch (configured ?? offered(metadata.token_endpoint_auth_methods_supported)) {
    case 'client_secret_basic':
      if (isResolved(provider)) return sparingBasic(secret);
      return provider.dialect.basicCredentials === 'plain' ? plainBasic(secret) : ClientSecretBasic(secret);
    case 'client_secret_post':
      return ClientSecretPost(secret);
    case 'private_key_jwt':
    case 'none':
      return None();
  }
}

/** RFC 8414 section 2: the default is `client_secret_basic`. */
const offered = (
  methods: readonly string[] = ['client_secret_basic'],
): 'client_secret_basic' | 'client_secret_post' =>
  methods.includes('client_secret_basic') || !methods.includes('client_secret_post')
    ? 'client_secret_basic'
    : 'client_secret_post';

/**
 * RFC 6749 section 2.3.1: form-encoded, and no more than that. The library encodes `-`, `_` and `.` as well, which stand in
 * nearly every id that a server makes; many authorization servers of MCP servers read what comes, undecoded.
 */
const sparingBasic =
  (secret: string): ClientAuth =>
  (_server, client, _body, headers) => {
    const credentials = [client.client_id, secret].map(formEncoded).join(':');
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  };

const formEncoded = (text: string): string => new URLSearchParams({ x: text }).toString().slice('x='.length);

/** RFC 6749 section 2.3.1 has both halves form-encoded. Some providers compare what comes with what they issued. */
const plainBasic =
  (secret: string): ClientAuth =>
  (_server, client, _body, headers) => {
    const credentials = Buffer.from(`${client.client_id}:${secret}`).toString('base64');
    headers.set('authorization', `Basic ${credentials}`);
  };

/** Providers differ in what they expect as `aud` (RFC 7523 section 3, rule 3). */
async function withKey(
  { key, id, audience }: ClientKey<Secret>,
  metadata: ServerMetadata,
): Promise<ClientAuth> {
  const aud = audience === 'issuer' ? metadata.issuer : metadata.token_endpoint;
  return await assertedWith(key, { id, audience: aud ?? metadata.issuer });
}

interface Assertion {
  readonly id: string | undefined;
  readonly audience: string;
  readonly certificate?: Secret | undefined;
}

/** RFC 7523 section 2.2. Entra wants PS256 where a certificate is named by its SHA-256 thumbprint (RFC 7515 section 4.1.8). */
export async function assertedWith(
  key: Secret,
  { id, audience, certificate }: Assertion,
): Promise<ClientAuth> {
  const thumbprint = certificate && thumbprintOf(certificate);
  return PrivateKeyJwt(
    {
      key: await signingKey(key, thumbprint === undefined ? 'usual' : 'pss'),
      ...(id === undefined ? {} : { kid: id }),
    },
    {
      [modifyAssertion]: (header, payload) => {
        if (thumbprint !== undefined) header['x5t#S256'] = thumbprint;
        payload['aud'] = audience;
      },
    },
  );
}

const thumbprintOf = (certificate: Secret): string =>
  createHash('sha256').update(new X509Certificate(certificate.reveal()).raw).digest('base64url');

/** How an RSA key signs. */
type Padding = 'usual' | 'pss';

const keys: Readonly<Record<Padding, WeakMap<Secret, Promise<webcrypto.CryptoKey>>>> = {
  usual: new WeakMap(),
  pss: new WeakMap(),
};

/** Imported once. Its kind was checked when the configuration was loaded. */
function signingKey(pem: Secret, padding: Padding): Promise<webcrypto.CryptoKey> {
  const known = keys[padding].get(pem);
  if (known !== undefined) return known;
  const imported = importedKey(createPrivateKey(pem.reveal()), padding);
  keys[padding].set(pem, imported);
  return imported;
}

async function importedKey(key: KeyObject, padding: Padding): Promise<webcrypto.CryptoKey> {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const algorithm =
    padding === 'pss' && key.asymmetricKeyType === 'rsa'
      ? { name: 'RSA-PSS', hash: 'SHA-256' }
      : algorithmOf(key);
  return await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

function algorithmOf(
  key: KeyObject,
): webcrypto.AlgorithmIdentifier | webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    case 'ec':
      return { name: 'ECDSA', namedCurve: CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? '' };
    default:
      return { name: 'Ed25519' };
  }
}
