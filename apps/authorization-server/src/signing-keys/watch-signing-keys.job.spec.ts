import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { KmsEndpoint } from '@gatehouse/testing/kms-endpoint';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { HeldKeys } from '../held-keys/held-keys.client.js';
import { loadSigningKeys } from './load-signing-keys.flow.js';
import { OWN_ALGORITHMS, readSigningKey } from './signing-key.js';
import { SigningKeysHandler } from './signing-keys.handler.js';
import { SigningKeys, writtenKeys, type TimedKey } from './signing-keys.js';
import { WatchSigningKeys } from './watch-signing-keys.job.js';

afterEach(() => {
  jest.restoreAllMocks();
});

const made = async (): Promise<readonly Secret[]> =>
  await Promise.all(OWN_ALGORITHMS.map(async ({ make }) => await make()));

const keysOf = async (pems: readonly Secret[]): Promise<readonly TimedKey[]> =>
  writtenKeys(await Promise.all(pems.map(async (pem) => await readSigningKey(pem, 'it'))));

/** A replica whose keys are in the database, and what reading them gives. */
async function replica() {
  const kept = await keysOf(await made());
  const look = jest.fn<() => Promise<readonly TimedKey[]>>(() => Promise.resolve(kept));
  const config: { signingKeys: readonly Secret[] } = { signingKeys: [] };
  const keys = new SigningKeys(kept, ['ES256', 'RS256']);
  const watch = new WatchSigningKeys(keys, { look } as never, new HeldKeys({}), new SilentLog(), config);
  return { kept, look, config, keys, watch, handler: new SigningKeysHandler(keys, watch) };
}

describe('a replica that cannot read the keys', () => {
  test('attack: names no key that may have been withdrawn meanwhile', async () => {
    const { look, watch, handler, keys } = await replica();
    const beganMs = performance.now();
    const now = jest.spyOn(performance, 'now');
    look.mockRejectedValue(new GatehouseError('unavailable'));
    now.mockReturnValue(beganMs + MINUTE_MS / 2);
    await watch.look();
    expect((await handler.current()).keys).toHaveLength(2);
    now.mockReturnValue(beganMs + 2 * MINUTE_MS);
    await watch.look();
    await expect(handler.current()).rejects.toMatchObject({ code: 'unavailable' });
    // It goes on to sign: its key is good until somebody says otherwise.
    expect(keys.signing.alg).toBe('ES256');
    look.mockResolvedValue(await keysOf(await made()));
    await watch.look();
    expect((await handler.current()).keys).toHaveLength(2);
  });

  test('knows keys of the configuration without reading any', async () => {
    const { config, watch, handler } = await replica();
    config.signingKeys = await made();
    await watch.take(config.signingKeys);
    const beganMs = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(beganMs + 60 * MINUTE_MS);
    expect((await handler.current()).keys).toHaveLength(2);
  });

  test('has read them when a changed configuration has none any more', async () => {
    const { config, watch, handler } = await replica();
    config.signingKeys = await made();
    const beganMs = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(beganMs + 60 * MINUTE_MS);
    await watch.take([]);
    config.signingKeys = [];
    expect((await handler.current()).keys).toHaveLength(2);
  });
});

test('a change of something else is taken while the holder of a key is away, and the key is the one that it was', async () => {
  const kms = new KmsEndpoint();
  await kms.start();
  const written = (name: string) => ({ holder: 'awsKms', name, region: 'eu-central-1' }) as const;
  for (const name of ['one', 'two'])
    kms.keys.set(name, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const { accessKeyId, secretAccessKey, sessionToken } = kms.credentials;
  const held = new HeldKeys({
    awsKms: {
      ...{ endpoint: kms.origin, allowPrivateIps: true, insecureAllowHttp: true, timeoutMs: 60_000 },
      accessKeyId: new Secret(accessKeyId),
      secretAccessKey: new Secret(secretAccessKey),
      sessionToken: new Secret(sessionToken),
    },
  });
  const config = { signingKeys: [written('one')] };
  const { keys: loaded } = await loadSigningKeys(config.signingKeys, {} as never, held);
  const keys = new SigningKeys(loaded, ['ES256']);
  const watch = new WatchSigningKeys(keys, {} as never, held, new SilentLog(), config);
  const before = keys.signing;
  kms.instead = [400, 'KMSInvalidStateException'];
  await watch.take([written('one')]);
  expect(keys.signing).toBe(before);
  // One that nobody has seen yet cannot be published.
  await expect(watch.take([written('two')])).rejects.toMatchObject({ code: 'unavailable' });
  kms.instead = undefined;
  kms.keys.set('one', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  await watch.take([written('one')]);
  expect(keys.signing.kid).not.toBe(before.kid);
  await kms.stop();
});

test('a look that is under way does not undo keys that a changed configuration brings', async () => {
  const { kept, look, config, keys, watch } = await replica();
  const answer = Promise.withResolvers<readonly TimedKey[]>();
  look.mockReturnValue(answer.promise);
  const looking = watch.look();
  config.signingKeys = await made();
  await watch.take(config.signingKeys);
  const written = keys.signing.kid;
  expect(written).not.toBe(kept[0]?.key.kid);
  answer.resolve(kept);
  await looking;
  expect(keys.signing.kid).toBe(written);
});
