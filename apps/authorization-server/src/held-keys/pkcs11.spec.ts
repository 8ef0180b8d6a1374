import 'reflect-metadata';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Secret } from '@gatehouse/kernel/secret';
import { until } from '@gatehouse/testing/until';
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { importJWK, jwtVerify } from 'jose';
import { heldSigningKey } from '../signing-keys/held-signing-key.js';
import { signedJwt } from '../signing-keys/signed-jwt.js';
import { named, SoftHsm } from '../testing/soft-hsm.js';
import { HeldKeys } from './held-keys.client.js';

if (!SoftHsm.isInstalled) process.stdout.write('skipped: specs of PKCS #11, SoftHSM is not installed\n');
const describeHsm = SoftHsm.isInstalled ? describe : describe.skip;

const ec = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

describeHsm('keys of a PKCS #11 token', () => {
  const hsm = new SoftHsm();
  const opened: HeldKeys[] = [];
  const keys = (more: Parameters<SoftHsm['module']>[0] = {}): HeldKeys => {
    const held = new HeldKeys({ pkcs11: hsm.module(more) });
    opened.push(held);
    return held;
  };
  afterEach(() => opened.splice(0).forEach((held) => held.close()));
  afterAll(() => hsm.remove());

  const signer = async (held: HeldKeys, object: string) =>
    await heldSigningKey(held.key(named(object)), 'authServer.signingKeys[0]');

  test.each([
    ['ES256', () => ec()],
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey],
  ] as const)('sign tokens of %s, and nobody can tell where they are', async (alg, make) => {
    hsm.add(alg, make());
    const key = await signer(keys(), alg);
    expect(key.alg).toBe(alg);
    const tokens = await Promise.all(
      Array.from({ length: 20 }, async (_none, number) => await signedJwt(key, 'at+jwt', { number })),
    );
    const published = await importJWK(key.jwk);
    for (const token of tokens)
      await expect(jwtVerify(token, published, { algorithms: [alg] })).resolves.toBeDefined();
    expect(Object.keys(key.jwk).filter((member) => ['d', 'p', 'q'].includes(member))).toEqual([]);
  });

  test('attack: a PIN that is wrong is shown once, and not until the token locks itself', async () => {
    hsm.add('locked', ec());
    const wrong = 'not-the-pin-of-this-token';
    const held = keys({ pin: new Secret(wrong) });
    const messages: string[] = [];
    for (let tries = 0; tries < 5; tries += 1)
      await held
        .key(named('locked'))
        .publicKey()
        .catch((error: unknown) => messages.push(String(error)));
    expect(messages).toHaveLength(5);
    expect(messages[0]).toMatch(/PIN/);
    expect(messages[4]).toMatch(/shown it no more/);
    expect(messages.join()).not.toContain(wrong);
    await expect(signer(keys(), 'locked')).resolves.toBeDefined();
  });

  test('attack: who lists processes, their arguments and their environment finds no PIN', async () => {
    hsm.add('listed', ec());
    await signer(keys(), 'listed');
    const ours = programs();
    expect(ours.length).toBeGreaterThan(0);
    for (const pid of ours)
      for (const file of ['cmdline', 'environ'])
        expect(readFileSync(`/proc/${pid}/${file}`).includes(hsm.pin)).toBe(false);
  });

  test('a library that crashes takes nothing along: the next signature comes from a new process', async () => {
    hsm.add('crashing', ec());
    const key = await signer(keys(), 'crashing');
    for (const pid of programs()) process.kill(pid, 'SIGKILL');
    await expect(key.sign(Buffer.from('x'))).resolves.toBeDefined();
  });

  test('keys that name one token in different words sign side by side: it is logged in to once', async () => {
    hsm.add('spelled', ec());
    hsm.add('in-other-words', ec());
    const held = keys();
    const first = await signer(held, 'spelled');
    const second = await heldSigningKey(
      held.key({ holder: 'pkcs11', name: 'pkcs11:object=in-other-words', key: { object: 'in-other-words' } }),
      'authServer.signingKeys[1]',
    );
    for (const key of [first, second, first]) await expect(key.sign(Buffer.from('x'))).resolves.toBeDefined();
  });

  test('a signature that waits for others has no time limit yet: the library has one question at a time', async () => {
    hsm.add('waiting', ec());
    const key = await signer(keys(), 'waiting');
    const stopped = programs();
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    const limits = jest.spyOn(globalThis, 'setTimeout');
    const all = Array.from({ length: 20 }, async () => await key.sign(Buffer.from('x')));
    const begun = limits.mock.calls.length;
    limits.mockRestore();
    expect(begun).toBe(1);
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    await expect(Promise.all(all)).resolves.toHaveLength(20);
    expect(programs()).toEqual(stopped);
  });

  test('requests without end do not fill the memory while a token is slow: one that comes too late is told at once', async () => {
    hsm.add('crowded', ec());
    const key = await signer(keys(), 'crowded');
    const stopped = programs();
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    const all = Array.from({ length: 1_000 }, async () => await key.sign(Buffer.from('x')));
    await expect(key.sign(Buffer.from('x'))).rejects.toMatchObject({ code: 'unavailable' });
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    await expect(Promise.all(all)).resolves.toHaveLength(1_000);
  });

  test('a library that hangs is ended, and whoever waits is told; then it works again', async () => {
    hsm.add('hanging', ec());
    const key = await signer(keys({ timeoutMs: 2_000 }), 'hanging');
    const stopped = programs();
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    // The second try is that of a new process.
    await until(
      async () =>
        await key.sign(Buffer.from('x')).then(
          () => true,
          () => false,
        ),
    );
    expect(programs().filter((pid) => stopped.includes(pid))).toEqual([]);
  });

  test('a token that is away, and comes back', async () => {
    hsm.add('away', ec());
    const key = await signer(keys(), 'away');
    hsm.away();
    for (const pid of programs()) process.kill(pid, 'SIGKILL');
    await expect(key.sign(Buffer.from('x'))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(key.held?.ready()).rejects.toMatchObject({ code: 'unavailable' });
    hsm.back();
    await until(
      async () =>
        await (key.held?.ready() ?? Promise.reject(new Error('not held'))).then(
          () => true,
          () => false,
        ),
    );
    await expect(key.sign(Buffer.from('x'))).resolves.toBeDefined();
  });

  test('what is not there, or not to be told apart, is said', async () => {
    const held = keys();
    await expect(held.key(named('nowhere')).publicKey()).rejects.toThrow(/no public key of that name/);
    hsm.add('twin', ec());
    hsm.add('twin', ec());
    await expect(held.key(named('twin')).publicKey()).rejects.toThrow(/several/);
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    hsm.add('p384', p384);
    await expect(held.key(named('p384')).publicKey()).rejects.toThrow(/P-256/);
    const elsewhere = new HeldKeys({ pkcs11: hsm.module({ module: '/nowhere/lib.so' }) });
    await expect(elsewhere.key(named('twin')).publicKey()).rejects.toMatchObject({ code: 'unavailable' });
    elsewhere.close();
  });
});

/** Of this spec: the processes that load the library. */
const programs = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
        return (
          parent === String(process.pid) &&
          readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('pkcs11-program')
        );
      } catch {
        return false;
      }
    })
    .map(Number);
