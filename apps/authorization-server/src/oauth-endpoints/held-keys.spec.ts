import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { Secret } from '@gatehouse/kernel/secret';
import { Readiness } from '@gatehouse/observability/readiness';
import { KmsEndpoint } from '@gatehouse/testing/kms-endpoint';
import { until } from '@gatehouse/testing/until';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { HeldKey, KeyHolders } from '@gatehouse/config/model/held-keys';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JWK } from 'jose';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { WatchSigningKeys } from '../signing-keys/watch-signing-keys.job.js';
import { publishedAt } from '../testing/rotated-keys.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { SoftHsm } from '../testing/soft-hsm.js';
import type { TestService } from '../testing/test-service.js';

/** A holder that specs can take away. */
interface Held {
  readonly holders: KeyHolders<Secret>;
  readonly add: (name: string, kind: 'ec' | 'rsa') => HeldKey;
  readonly away: () => Promise<void> | void;
  readonly back: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
}

const pair = (kind: 'ec' | 'rsa') =>
  kind === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;

function inToken(): Held {
  const hsm = new SoftHsm();
  return {
    holders: { pkcs11: hsm.module() },
    add: (name, kind) => hsm.add(name, pair(kind)),
    away: () => hsm.away(),
    back: () => hsm.back(),
    end: () => hsm.remove(),
  };
}

async function inKms(): Promise<Held> {
  const kms = await new KmsEndpoint().start();
  const { accessKeyId, secretAccessKey, sessionToken } = kms.credentials;
  return {
    holders: {
      awsKms: {
        ...{ endpoint: kms.origin, allowPrivateIps: true, insecureAllowHttp: true, timeoutMs: 60_000 },
        accessKeyId: new Secret(accessKeyId),
        secretAccessKey: new Secret(secretAccessKey),
        sessionToken: new Secret(sessionToken),
      },
    },
    add: (name, kind) => {
      const arn = `arn:aws:kms:eu-central-1:111122223333:key/${name}`;
      kms.keys.set(arn, pair(kind));
      return { holder: 'awsKms', name: arn, region: 'eu-central-1' };
    },
    away: async () => await kms.stop(),
    back: async () => {
      await kms.start();
    },
    end: async () => await kms.stop().catch(() => undefined),
  };
}

let world: ServiceWorld;
shareWorld(startServiceWorld, (started) => (world = started));

let people = 0;
const somebody = (): string => `held-${(people += 1)}`;
const kidOf = (token = ''): string => decodeProtectedHeader(token).kid ?? '';

const userInfo = async (at: TestService, token = ''): Promise<number> =>
  (await fetch(`${at.local}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

const readiness = async (at: TestService) => (await at.app.get(Readiness).report()).jobs;

const HOLDERS: readonly (readonly [string, boolean, () => Held | Promise<Held>])[] = [
  ['a PKCS #11 token', SoftHsm.isInstalled, inToken],
  ['AWS KMS', true, inKms],
];

for (const [name, isThere, make] of HOLDERS)
  (isThere ? describe : describe.skip)(`keys that are held by ${name}`, () => {
    const opened: Held[] = [];
    const holder = async (): Promise<Held> => {
      const held = await make();
      opened.push(held);
      return held;
    };
    afterAll(async () => {
      for (const held of opened) await held.end();
    });

    test('sign everything, at two replicas, and are exchanged without a restart: [old, new], [new, old], [new]', async () => {
      const held = await holder();
      const [old, rsa, next] = [held.add('old', 'ec'), held.add('rsa', 'rsa'), held.add('next', 'ec')];
      const first = await world.startAnother({ signingKeys: [old, rsa], keyHolders: held.holders });
      const shared = { keyHolders: held.holders, issuer: first.issuer };
      const second = await world.startAnother({ ...shared, signingKeys: [old, rsa] });
      const take = async (...keys: readonly HeldKey[]) => {
        for (const at of [first, second]) await at.app.get(WatchSigningKeys).take(keys);
        return await publishedAt(second);
      };
      const { clientId, answer } = await first.tokens(somebody());
      const before = kidOf(answer.access_token);
      expect(await userInfo(second, answer.access_token)).toBe(200);
      const published = await take(old, rsa, next);
      const jwks = createLocalJWKSet({ keys: published.keys as unknown as JWK[] });
      const again = await second.refresh(clientId, answer.refresh_token ?? '');
      expect(kidOf(again.access_token)).toBe(before);
      await take(next, rsa, old);
      const refreshed = await first.refresh(clientId, again.refresh_token ?? '');
      expect(published.kids).toContain(kidOf(refreshed.access_token));
      expect(kidOf(refreshed.access_token)).not.toBe(before);
      // Who fetched the keys when the next one was published verifies what it signs.
      await expect(jwtVerify(refreshed.access_token ?? '', jwks)).resolves.toBeDefined();
      expect(await userInfo(second, answer.access_token)).toBe(200);
      await take(next, rsa);
      expect([
        await userInfo(second, answer.access_token),
        await userInfo(second, refreshed.access_token),
      ]).toEqual([401, 200]);
      for (const at of [first, second]) await at.close();
    });

    test('an id_token of RS256 is signed there as well', async () => {
      const held = await holder();
      const service = await world.startAnother({
        signingKeys: [held.add('ec', 'ec'), held.add('rsa', 'rsa')],
        keyHolders: held.holders,
      });
      const clientId = await service.register({ id_token_signed_response_alg: 'RS256' });
      const { url, verifier } = service.authorizeUrl(clientId, { scope: 'openid' });
      const code = (await service.signIn(service.browser(), url, somebody())).get('code') ?? '';
      const { id_token } = await service.redeem(clientId, code, verifier);
      expect(decodeProtectedHeader(id_token ?? '').alg).toBe('RS256');
      const { keys } = await publishedAt(service);
      const jwks = createLocalJWKSet({ keys: keys as unknown as JWK[] });
      await expect(jwtVerify(id_token ?? '', jwks)).resolves.toBeDefined();
      await service.close();
    });

    test('attack: while their holder is away no other key signs; a code and a refresh token are kept, and count when it is back', async () => {
      const held = await holder();
      const service = await world.startAnother({
        signingKeys: [held.add('ec', 'ec'), held.add('rsa', 'rsa')],
        keyHolders: held.holders,
      });
      const { clientId, answer } = await service.tokens(somebody());
      const { url, verifier } = service.authorizeUrl(clientId);
      const code = (await service.signIn(service.browser(), url, somebody())).get('code') ?? '';
      await held.away();
      // Somebody finds out.
      await until(
        async () =>
          await service.app
            .get(SigningKeys)
            .signing.sign(Buffer.from('x'))
            .then(
              () => false,
              () => true,
            ),
      );
      const refused = await service.redeem(clientId, code, verifier);
      expect(refused).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
      expect((await service.refresh(clientId, answer.refresh_token ?? '')).status).toBe(503);
      expect(await userInfo(service, answer.access_token)).toBe(200);
      expect(await readiness(service)).toMatchObject({
        tokens: { status: 'failing', without: ['signingKeys'] },
        sessions: { status: 'ok' },
      });
      await held.back();
      let redeemed = refused;
      await until(async () => {
        redeemed = await service.redeem(clientId, code, verifier);
        return redeemed.status !== 503;
      });
      expect(redeemed.status).toBe(200);
      expect((await service.refresh(clientId, answer.refresh_token ?? '')).status).toBe(200);
      await until(async () => (await readiness(service))['tokens']?.status === 'ok');
      await service.close();
    });
  });
