import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@gatehouse/kernel/services';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const KEY = randomBytes(32).toString('base64url');
const REQUEST_KEY = randomBytes(32).toString('base64url');
const ENVIRONMENTS = {
  'authorization-server': {
    NATS_CREDENTIALS: 'authorization-server:x',
    VAULT_REQUEST_KEY: REQUEST_KEY,
    AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY: KEY,
    AUTHORIZATION_SERVER_DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:9/none',
  },
  'token-vault': {
    NATS_CREDENTIALS: 'token-vault:x',
    VAULT_REQUEST_KEY: REQUEST_KEY,
    TOKEN_VAULT_KEY_ENCRYPTION_KEY: KEY,
    TOKEN_VAULT_DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:9/none',
    ACME_SSO_CLIENT_SECRET: 's',
    OCTO_CLIENT_SECRET: 's',
    STS_CLIENT_SECRET: 's',
  },
  'vmcp-proxy': { NATS_CREDENTIALS: 'vmcp-proxy:x', REPORTS_API_KEY: 'k' },
} as const;
type Service = keyof typeof ENVIRONMENTS;
/** A secret that is left out, then the paths of what cannot be reached. */
const MISSING_AND_AWAY: Readonly<Record<Service, readonly string[]>> = {
  'authorization-server': ['AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY', 'postgres.authorizationServer.url'],
  'token-vault': ['OCTO_CLIENT_SECRET', 'postgres.tokenVault.url'],
  'vmcp-proxy': ['REPORTS_API_KEY'],
};

async function start(
  service: Service,
  change: (yaml: string) => string,
  environment: Readonly<Record<string, string>> = ENVIRONMENTS[service],
) {
  const file = join(folder, `${service}.yaml`);
  await writeFile(
    file,
    change(await readFile(inRepository('examples/demonstration/gatehouse.yaml'), 'utf8')),
  );
  const child = spawn(process.execPath, [inRepository('apps', service, 'dist/main.js'), '--config', file], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

const broken = (yaml: string): string =>
  yaml
    .replace('upstreamInject: { providerName: octo }', 'upstreamInject: { providerName: oktto }')
    .replace(
      '  - { name: status, url: http://localhost:4489/status/mcp, transport: streamable-http }',
      '  - { name: repos, url: http://localhost:4489/status/mcp, transport: streamable-http }',
    )
    .concat(
      'incomingAuth:\n  type: oidc\n  oidc: { issuer: http://localhost:9999, audience: http://localhost:1/mcp, resourceUrl: http://localhost:4483/mcp }\n',
    );

describe.each(SERVICES)('%s does not start', (service) => {
  test('with wrong configuration, and one message lists every error with its path', async () => {
    const [missing = '', ...others] = MISSING_AND_AWAY[service];
    const environment = Object.fromEntries(
      Object.entries(ENVIRONMENTS[service]).filter(([name]) => name !== missing),
    );
    const { code, output } = await start(service, broken, environment);
    expect(code).toBe(78);
    for (const part of [
      'outgoingAuth.backends.repos',
      'oktto',
      'incomingAuth.oidc.issuer',
      'incomingAuth.oidc.audience',
      'backends[1].name',
      missing,
      'nats.servers',
      ...others,
    ])
      expect(output).toContain(part);
  });

  test('without its secrets, and one message names every missing one', async () => {
    const names = Object.keys(ENVIRONMENTS[service]);
    const { code, output } = await start(service, (yaml) => yaml, {});
    expect(code).toBe(78);
    for (const name of names) expect(output).toContain(name);
    const others = Object.entries(ENVIRONMENTS).flatMap(([other, environment]) =>
      other === service ? [] : Object.keys(environment),
    );
    for (const name of others.filter((other) => !names.includes(other))) expect(output).not.toContain(name);
  });
});

test.each<Service>(['authorization-server', 'token-vault'])(
  '%s says which database it cannot reach, without the password',
  async (service) => {
    // A missing dependency may come back, so the exit code is not that of a wrong configuration.
    const { code, output } = await start(service, (yaml) => `${yaml}\nstartTimeout: 0s\n`);
    expect(code).toBe(75);
    expect(output).toMatch(/^Not started: after 0 s, 2 parts/m);
    expect(output).toMatch(/database/i);
    expect(output).toContain('127.0.0.1:9');
    expect(output).not.toContain('nothing@');
  },
);
