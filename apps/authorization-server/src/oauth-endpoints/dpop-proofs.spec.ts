import 'reflect-metadata';
import { request as httpRequest } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { randomToken } from '@gatehouse/kernel/ids';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import { BoundClient, type Code } from '../testing/bound-client.js';
import { authorizationRequest, ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

/** Proofs of possession at the token endpoint (RFC 9449, sections 4.3 and 11.1). */

let service: TestService;
let replica: TestService;
let clientId: string;
let client: BoundClient;
let key: ClientKey;
let code: Code;

shareWorld(startServiceWorld, async (world) => {
  // One code outlasts all attempts, however long they take.
  const tokenLifespans = { ...world.service.config.tokenLifespans, authCodeLifespanMs: 600_000 };
  service = await world.startAnother({ tokenLifespans });
  replica = await world.startAnother({ tokenLifespans, issuer: service.issuer });
  clientId = await service.register();
  client = new BoundClient(service, clientId);
  key = await ClientKey.make();
  code = await client.codeFor();
});

const now = (ahead: number): number => Math.floor(Date.now() / 1_000) + ahead;

describe('an attack with a proof', () => {
  test.each<[string, () => Promise<string> | string]>([
    ['that was made for another endpoint', async () => await key.proof(`${service.issuer}/oauth/revoke`)],
    ['that was made for another server', async () => await key.proof('https://evil.example/oauth/token')],
    ['that was made for another method', async () => await key.proof(client.tokenEndpoint, { htm: 'GET' })],
    ['that is an hour old', async () => await key.proof(client.tokenEndpoint, { iat: now(-3_600) })],
    ['that was made in advance', async () => await key.proof(client.tokenEndpoint, { iat: now(3_600) })],
    ['that has no time', async () => await key.proof(client.tokenEndpoint, { iat: undefined })],
    ['that could be used again', async () => await key.proof(client.tokenEndpoint, { jti: undefined })],
    ['that is an assertion', async () => await key.proof(client.tokenEndpoint, {}, { typ: 'JWT' })],
    [
      'with a nonce that somebody made up',
      async () => await key.proof(client.tokenEndpoint, { nonce: 'made-up' }),
    ],
    [
      'whose key is another one than signed it',
      async () => await key.proof(client.tokenEndpoint, {}, { jwk: (await ClientKey.make()).publicJwk }),
    ],
    [
      'that brings its private key',
      async () => await key.proof(client.tokenEndpoint, {}, { jwk: await exportJWK(key.privateKey) }),
    ],
    [
      'that is signed with a secret',
      async () =>
        await new SignJWT({ htm: 'POST', htu: client.tokenEndpoint, jti: 'x', iat: now(0) })
          .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: key.publicJwk })
          .sign(Buffer.from(JSON.stringify(key.publicJwk))),
    ],
    [
      'with an algorithm that is not announced',
      async () => await (await ClientKey.make('RS256')).proof(client.tokenEndpoint),
    ],
    [
      'that nobody signed',
      () => new UnsecuredJWT({ htm: 'POST', htu: client.tokenEndpoint, jti: 'x' }).encode(),
    ],
    ['that is none', () => 'x'],
    [
      'two of them',
      async () => `${await key.proof(client.tokenEndpoint)}, ${await key.proof(client.tokenEndpoint)}`,
    ],
  ])('one %s is refused, and the code is not used up', async (_attack, make) => {
    const { status, body } = await client.redeemed(code, await make());
    expect([status, body['error']]).toEqual([
      400,
      expect.stringMatching(/^(invalid_dpop_proof|use_dpop_nonce)$/),
    ]);
  });

  test('the code of all these attempts is still good', async () => {
    expect((await client.redeemed(code, await key.proof(client.tokenEndpoint))).status).toBe(200);
  });

  test('a Host header changes nothing of what a proof must name (host header injection)', async () => {
    const { port } = new URL(service.local);
    const ask = async (htu: string): Promise<string> =>
      await new Promise((resolve, reject) => {
        const body = 'grant_type=refresh_token&client_id=x&refresh_token=x';
        void key.proof(htu).then((proof) =>
          httpRequest(
            {
              host: '127.0.0.1',
              port,
              path: '/oauth/token',
              method: 'POST',
              headers: {
                host: 'evil.example',
                'x-forwarded-host': 'evil.example',
                dpop: proof,
                'content-type': 'application/x-www-form-urlencoded',
              },
            },
            (response) => {
              let text = '';
              response
                .on('data', (chunk: Buffer) => (text += chunk.toString()))
                .on('end', () => resolve(text));
            },
          )
            .on('error', reject)
            .end(body.replace('client_id=x', `client_id=${clientId}`)),
        );
      });
    expect(await ask('http://evil.example/oauth/token')).toContain('invalid_dpop_proof');
    expect(await ask(client.tokenEndpoint)).toContain('invalid_grant');
  });

  test('one proof at two replicas at the same moment: one of twenty is taken', async () => {
    const proof = await key.proof(`${service.issuer}/oauth/par`);
    const answered = await Promise.all(
      Array.from({ length: 20 }, async (_, count) =>
        postForm(
          count % 2 === 0 ? service : replica,
          '/oauth/par',
          authorizationRequest(service, clientId, randomToken()),
          { dpop: proof },
        ),
      ),
    );
    expect(answered.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answered.filter(({ body }) => body['error'] === 'invalid_dpop_proof')).toHaveLength(19);
  });

  test('a proof that was used costs its client no token: it is no invalid_grant', async () => {
    const proof = await key.proof(client.tokenEndpoint);
    const first = await client.redeemed(await client.codeFor(), proof);
    const again = await client.refreshed(first.body['refresh_token'], proof, replica);
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_dpop_proof']);
    const answer = await client.refreshed(first.body['refresh_token'], await key.proof(client.tokenEndpoint));
    expect(answer.status).toBe(200);
  });
});
