import { beforeEach, expect, test } from '@jest/globals';
import { DAY_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import {
  MessageNotForUs,
  MessageOpener,
  newMessageKeyPair,
  type MessageKeyPair,
} from '@gatehouse/sealing/message-sealing';
import type { ContractClient } from './contract-client.js';
import { VaultKey } from './vault-key.js';

/** The vault's side: one key pair at a time, which it opens messages with. */
class KeyHolder {
  asked = 0;
  refused = 0;
  isAway = false;
  /** Answers wait for it. */
  held: Promise<void> = Promise.resolve();

  constructor(private pair: MessageKeyPair) {}

  /** Its table of keys was emptied: it makes a new pair and opens nothing that was sealed before. */
  async reset(): Promise<void> {
    this.pair = await newMessageKeyPair();
  }

  readonly ask = (async () => {
    this.asked += 1;
    const answer = { key: this.pair.publicKey, useUntilMs: clock.now + DAY_MS };
    if (this.isAway) throw new GatehouseError('unavailable');
    await this.held;
    return answer;
  }) as unknown as ContractClient['ask']; // the one request that a key client makes

  readonly open = async (sealed: string): Promise<unknown> => {
    try {
      return await new MessageOpener([this.pair]).open(sealed);
    } catch (error) {
      if (!(error instanceof MessageNotForUs)) throw error;
      this.refused += 1;
      throw new GatehouseError('request_invalid', 'a sealed part does not open');
    }
  };
}

const clock = { now: 1_000, nowMs: () => clock.now };
let vault: KeyHolder;
let key: VaultKey;

beforeEach(async () => {
  clock.now = 1_000;
  vault = new KeyHolder(await newMessageKeyPair());
  key = new VaultKey(vault, clock);
});

test('outage: the table of keys is reset: the next request is sealed anew for the new key and answered', async () => {
  await expect(key.send('first', vault.open)).resolves.toBe('first');
  await vault.reset();
  await expect(key.send('second', vault.open)).resolves.toBe('second');
  await expect(key.send('third', vault.open)).resolves.toBe('third');
  expect([vault.asked, vault.refused]).toEqual([2, 1]);
});

test('outage: a reset in the middle of many requests costs one question for all of them', async () => {
  await key.send('first', vault.open);
  await vault.reset();
  const secrets = Array.from({ length: 20 }, (_, index) => `secret ${index}`);
  await expect(Promise.all(secrets.map((one) => key.send(one, vault.open)))).resolves.toEqual(secrets);
  expect(vault.asked).toBe(2);
});

test('a request that is refused although its key is the newest is sent once', async () => {
  let sent = 0;
  const refuse = async (): Promise<never> => {
    sent += 1;
    return await Promise.reject(new GatehouseError('request_invalid', 'another reason'));
  };
  await expect(key.send('secret', refuse)).rejects.toMatchObject({ code: 'request_invalid' });
  expect(sent).toBe(1);
});

test.each(['unavailable', 'not_allowed', 'callback_unknown'] as const)(
  'a request that failed with %s may have had an effect, and is not sent again',
  async (code) => {
    let sent = 0;
    const failing = async (): Promise<never> => {
      sent += 1;
      return await Promise.reject(new GatehouseError(code));
    };
    await vault.reset();
    await expect(key.send('secret', failing)).rejects.toMatchObject({ code });
    expect([sent, vault.asked]).toEqual([1, 1]);
  },
);

test('an answer that was asked for before the drop is not kept', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  vault.held = promise.then(() => undefined);
  const early = key.send('early', vault.open);
  await vault.reset();
  key.forget();
  vault.held = Promise.resolve();
  await expect(key.send('late', vault.open)).resolves.toBe('late');
  resolve(undefined);
  await expect(early).resolves.toBe('early');
  // The early one was refused, and found the newer key that was asked for meanwhile.
  expect([vault.asked, vault.refused]).toEqual([2, 1]);
});

test('a question that failed is asked again by the next request', async () => {
  vault.isAway = true;
  await expect(key.send('secret', vault.open)).rejects.toMatchObject({ code: 'unavailable' });
  vault.isAway = false;
  await expect(key.send('secret', vault.open)).resolves.toBe('secret');
});

test('requests at the same time ask for the key once; it is asked for again after ten minutes', async () => {
  await Promise.all(['a', 'b', 'c'].map((one) => key.send(one, vault.open)));
  clock.now += 10 * MINUTE_MS - 1;
  await key.send('d', vault.open);
  expect(vault.asked).toBe(1);
  clock.now += 1;
  await key.send('e', vault.open);
  expect(vault.asked).toBe(2);
});
