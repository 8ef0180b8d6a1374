import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { planUp, type UpOptions } from './plan.js';
import { StateFolder } from './state.js';

let folder: string;
let state: StateFolder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-plan-'));
  state = StateFolder.open(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = (over: Partial<UpOptions> = {}): UpOptions => ({
  once: false,
  json: false,
  portBase: DEFAULT_PORT_BASE,
  stateFolder: folder,
  replicas: 1,
  ...over,
});

const demonstration = readFileSync(DEMONSTRATION_CONFIGURATION, 'utf8');

function own(text: string): string {
  const file = join(folder, 'own.yaml');
  writeFileSync(file, text);
  return file;
}

test('the demonstration runs from its own file where its ports are the usual ones', () => {
  const plan = planUp(options(), state, {});
  expect(plan).toMatchObject({ isDemonstration: true, ownPostgres: true, movedTo: undefined });
  expect(plan.services).toEqual(['authorization-server', 'token-vault', 'vmcp-proxy']);
  expect(plan.configuration.document).toBe(DEMONSTRATION_CONFIGURATION);
});

test('with other ports it runs from a copy, in which every port is moved', () => {
  const plan = planUp(options({ portBase: 21_000 }), state, {});
  expect(plan.movedTo).toBe(state.path('gatehouse.yaml'));
  expect(plan.ports.proxy).toBe(21_000);
  expect(plan.configuration.text).not.toContain(`:${DEFAULT_PORT_BASE}`);
});

test.each([[1_000], [65_530]])('ports from %d on leave no room', (portBase) => {
  expect(() => planUp(options({ portBase }), state, {})).toThrow(/leaves no room/);
});

test('a configuration of one’s own needs its own secrets, and says which are not set', () => {
  const configFile = own(demonstration);
  expect(() => planUp(options({ configFile }), state, {})).toThrow(/OCTO_CLIENT_SECRET/);
});

test('with its secrets it is planned, with databases of its own where the environment names both', () => {
  const configFile = own(demonstration);
  const values = planUp(options(), state, {});
  const environment = { ...values.valuesOf('authorization-server'), ...values.valuesOf('token-vault') };
  const proxy = values.valuesOf('vmcp-proxy');
  const plan = planUp(options({ configFile }), state, { ...proxy, ...environment });
  expect(plan).toMatchObject({ isDemonstration: false, ownPostgres: false });
});

test.each(['AUTHORIZATION_SERVER_DATABASE_URL', 'TOKEN_VAULT_DATABASE_URL'])(
  '%s alone is refused by name: nobody finds out later that it was not used',
  (name) => {
    const values = planUp(options(), state, {});
    const secrets = { ...values.valuesOf('authorization-server'), ...values.valuesOf('token-vault') };
    const environment = {
      ...values.valuesOf('vmcp-proxy'),
      ...secrets,
      AUTHORIZATION_SERVER_DATABASE_URL: undefined,
      TOKEN_VAULT_DATABASE_URL: undefined,
      [name]: 'postgres://somebody@db.example.com/gatehouse',
    };
    expect(() => planUp(options({ configFile: own(demonstration) }), state, environment)).toThrow(
      new RegExp(`^${name} is set, and .*_DATABASE_URL is not\\. Set both`),
    );
  },
);

test('a NATS that is elsewhere is not started, and that is said', () => {
  const values = planUp(options(), state, {});
  const environment = {
    ...values.valuesOf('vmcp-proxy'),
    ...values.valuesOf('authorization-server'),
    ...values.valuesOf('token-vault'),
  };
  const elsewhere = demonstration.replace(/nats:\/\/[^\]\s,]+/, 'nats://nats.example.test:4222');
  expect(elsewhere).not.toBe(demonstration);
  expect(() => planUp(options({ configFile: own(elsewhere) }), state, environment)).toThrow(
    /nats\.servers names nats:\/\/nats\.example\.test:4222/,
  );
});

test('keys that the environment does not name are those of the state folder, and ports are those of the file', () => {
  const moved = demonstration.replace('nats://127.0.0.1:4492', 'nats://127.0.0.1:4333');
  const secrets = {
    OCTO_CLIENT_SECRET: 'x',
    ACME_SSO_CLIENT_SECRET: 'x',
    STS_CLIENT_SECRET: 'x',
    REPORTS_API_KEY: 'x',
  };
  const plan = planUp(options({ configFile: own(moved), postgresPort: 4334 }), state, secrets);
  expect(plan.valuesOf('token-vault')).toMatchObject({
    TOKEN_VAULT_KEY_ENCRYPTION_KEY: state.secrets.tokenVaultKeyEncryptionKey,
    TOKEN_VAULT_DATABASE_URL: expect.stringContaining('@127.0.0.1:4334/'),
  });
  expect(plan.ports).toMatchObject({ nats: 4333, postgres: 4334 });
  const given = { ...secrets, TOKEN_VAULT_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url') };
  expect(planUp(options({ configFile: own(moved) }), state, given).valuesOf('token-vault')).toMatchObject(
    given,
  );
});
