import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { answersOk, Program } from '@gatehouse/testing/program';
import { freePort } from '@gatehouse/testing/free-port';
import type { Place, RealProvider, Registered } from './real-provider.js';

/** The npm package oidc-provider. Its keys are changed as its documentation says: by a start with others. */
export async function oidcProvider({ origin, port }: Place): Promise<RealProvider> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-oidc-provider-'));
  const keysFile = join(folder, 'keys.json');
  const adminPort = await freePort();
  const keys: object[] = [];
  let program: Program | undefined;

  /** The newest key signs; the others stay for those who still check with them. */
  const withNewKey = async (): Promise<void> => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    keys.unshift({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' });
    await writeFile(keysFile, JSON.stringify(keys), { mode: 0o600 });
  };

  return {
    port,
    issuer: origin,
    configuration: [
      'type: oidc',
      // OIDC Core section 11: this provider gives a refresh token only for that prompt.
      `oidcConfig: { issuerUrl: ${origin}, scopes: [openid, offline_access], additionalAuthorizationParams: { prompt: consent }, CLIENT }`,
    ],
    async start({ client }: Registered) {
      await withNewKey();
      const settings = {
        issuer: origin,
        port,
        adminPort,
        keysFile,
        storeFile: join(folder, 'store.json'),
        clients: [
          {
            client_id: client.clientId,
            client_secret: client.clientSecret,
            redirect_uris: [client.redirectUri],
            grant_types: ['authorization_code', 'refresh_token'],
          },
        ],
      };
      program = await new Program({
        name: 'oidc-provider',
        script: inRepository('tests/support/real-providers/node-oidc-provider.mjs'),
        args: [],
        environment: { OIDC_PROVIDER: JSON.stringify(settings) },
        isReady: () => answersOk(`http://127.0.0.1:${port}/.well-known/openid-configuration`),
      }).start();
    },
    async stop() {
      await program?.kill();
      await rm(folder, { recursive: true, force: true });
    },
    loginOf: ({ sub }) => String(sub),
    async rotateKeys() {
      await withNewKey();
      await program?.kill();
      await program?.start();
    },
    async endGrants(login) {
      const url = `http://127.0.0.1:${adminPort}/end-grants?login=${encodeURIComponent(login)}`;
      await (await fetch(url, { method: 'POST' })).arrayBuffer();
    },
  };
}
