import { randomUUID } from 'node:crypto';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { contractServer } from '@gatehouse/messaging/contract-server';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { StoredInstallation } from '../stored-installation.fixture.js';
import type { Ran } from '../terminal.fixture.js';

/** What Nest's transport has, and its type does not say. */
interface Answering {
  addHandler(subject: string, handler: (request: unknown) => Promise<unknown>): void;
}

let stored: StoredInstallation;
let nats: TestNats;
/** In the place of the vault: on the real bus, as its user, and with its check of proofs. */
let vault: ReturnType<typeof contractServer>;
let asked: unknown[] = [];
let isThere = true;
/** How many requests are answered; after them the vault is too busy. */
let answers = Number.POSITIVE_INFINITY;

beforeAll(async () => {
  nats = await startTestNats('demo');
  stored = await StoredInstallation.start((yaml) =>
    yaml
      .replace('nats://127.0.0.1:4492', nats.url)
      .replace('requestKeys: [{ id: demonstration', `requestKeys: [{ id: '1'`),
  );
  vault = contractServer(nats.optionsOf('token-vault'));
  (vault as unknown as Answering).addHandler(connectionRevoke.subject, async (request) => {
    asked.push(request);
    if (asked.length > answers) throw new GatehouseError('internal', 'it has too much to do');
    return await Promise.resolve({ revoked: isThere });
  });
  const failure = await new Promise<unknown>((resolve) => {
    vault.listen(resolve);
  });
  expect(failure).toBeUndefined();
});
afterAll(async () => {
  await stored.close();
  await vault.close();
  await nats.close();
});
beforeEach(async () => {
  [asked, isThere, answers] = [[], true, Number.POSITIVE_INFINITY];
  await stored.query('authorization-server', 'delete from accounts');
  await stored.query('token-vault', 'delete from connections');
});

const credentialsOf = (service: 'authorization-server' | 'token-vault'): string =>
  `${service}:${nats.optionsOf(service).password.reveal()}`;

/** A busy machine may be too late for a time limit; then the command says that it may work later (exit code 75). */
async function patiently(
  args: readonly string[],
  changed: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const environment = {
    NATS_CREDENTIALS: credentialsOf('authorization-server'),
    VAULT_REQUEST_KEY: nats.requestKey.reveal(),
    ...changed,
  };
  let ran = await stored.run(args, environment);
  for (let attempt = 0; ran.code === 75 && attempt < 20; attempt += 1)
    ran = await stored.run(args, environment);
  return ran;
}

describe('gatehouse connections revoke', () => {
  test('asks the vault for the one connection that is named, in the name of the authorization server', async () => {
    const account = await stored.person({ name: 'Alice' });
    const id = await stored.connection(account);
    await stored.connection(account, { provider: 'acme-sso' });
    const { code, stdout, stderr } = await patiently(['connections', 'revoke', id.slice(0, 13)]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `Revoked ${id}: octo\n`, stderr: '' });
    expect(asked).toContainEqual({ accountId: account, provider: 'octo' });
    expect(asked).not.toContainEqual({ accountId: account, provider: 'acme-sso' });
  });

  test('of an account: all, or those of one provider', async () => {
    const account = await stored.person({ name: 'Alice' });
    const ids = [
      await stored.connection(account),
      await stored.connection(account, { provider: 'acme-sso' }),
    ];
    await stored.connection(await stored.person({ name: 'Bob' }));
    const one = ['connections', 'revoke', '--account', 'Alice', '--json', '--provider', 'octo'];
    expect(JSON.parse((await patiently(one)).stdout)).toEqual({ revoked: [ids[0]] });
    const { revoked } = JSON.parse((await patiently(one.slice(0, -2))).stdout) as {
      readonly revoked: readonly string[];
    };
    expect([...revoked].sort()).toEqual([...ids].sort());
    expect(asked).not.toContainEqual(expect.not.objectContaining({ accountId: account }));
  });

  test('a connection that somebody else has revoked meanwhile is not said to be revoked', async () => {
    isThere = false;
    const id = await stored.connection(await stored.person());
    const { code, stdout } = await patiently(['connections', 'revoke', id]);
    expect([code, stdout]).toEqual([0, 'No connection was there.\n']);
  });

  test('of a person who has none: nothing is asked', async () => {
    await stored.person({ name: 'Alice' });
    const { code, stdout } = await patiently(['connections', 'revoke', '--account', 'Alice']);
    expect([code, stdout, asked]).toEqual([0, 'No connection was there.\n', []]);
  });

  test.each([
    [
      'with another key',
      { VAULT_REQUEST_KEY: Buffer.alloc(32, randomUUID()).toString('base64url') },
      'vault.requestKeys of this command are others than its own',
    ],
    [
      'as the vault itself',
      () => ({ NATS_CREDENTIALS: credentialsOf('token-vault') }),
      'nats.credentials are those of token-vault',
    ],
  ])('attack: %s nothing is revoked: exit code 78', async (_, changed, said) => {
    const id = await stored.connection(await stored.person());
    const environment = typeof changed === 'function' ? changed() : changed;
    const { code, stderr } = await patiently(['connections', 'revoke', id], environment);
    expect([code, stderr, asked]).toEqual([78, expect.stringContaining(said), []]);
  });

  test('what was revoked before a failure is said, for people and in the document', async () => {
    const account = await stored.person({ name: 'Alice' });
    await stored.connection(account);
    await stored.connection(account, { provider: 'acme-sso' });
    const environment = {
      NATS_CREDENTIALS: credentialsOf('authorization-server'),
      VAULT_REQUEST_KEY: nats.requestKey.reveal(),
    };
    const typed = ['connections', 'revoke', '--account', 'Alice'];
    answers = 1;
    /** A busy machine may be too late for the first request already. */
    const revoking = async (...more: readonly string[]): Promise<Ran> => {
      for (let attempt = 0; ; attempt += 1) {
        asked = [];
        const ran = await stored.run([...typed, ...more], environment);
        if (asked.length > 1 || attempt > 20) return ran;
      }
    };
    const people = await revoking();
    expect([people.code, people.stdout]).toEqual([
      75,
      expect.stringMatching(/^Revoked [0-9a-f-]{36}: \S+\n$/),
    ]);
    const programs = await revoking('--json');
    const { error } = JSON.parse(programs.stdout) as { readonly error: { readonly message: string } };
    expect([programs.code, error.message]).toEqual([75, expect.stringMatching(/^Revoked: [0-9a-f-]{36}\. /)]);
  });

  test('a vault that is away revokes nothing, and that is said: exit code 75', async () => {
    const id = await stored.connection(await stored.person());
    await nats.kill();
    try {
      const { code, stderr } = await stored.run(['connections', 'revoke', id], {
        NATS_CREDENTIALS: credentialsOf('authorization-server'),
        VAULT_REQUEST_KEY: nats.requestKey.reveal(),
      });
      expect([code, stderr]).toEqual([
        75,
        expect.stringMatching(/did not say that it revoked the connection to octo .*See whether it runs/),
      ]);
    } finally {
      await nats.start();
    }
  });
});
