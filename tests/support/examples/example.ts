import { readFile } from 'node:fs/promises';
import { inRepository } from '@gatehouse/testing/repository';
import { startWorld, type World, type WorldOptions } from '@gatehouse/testing/world';

export type Example = 'laptop' | 'company' | 'mixed' | 'external-issuer' | 'machine-clients' | 'stdio';

/** A plain OAuth 2 provider that names itself in its answers stands for GitHub: its addresses are written beside the profile. */
const GITHUB = `provider: github
      issuer: http://localhost:4487
      authorizationEndpoint: http://localhost:4487/login/oauth/authorize
      tokenEndpoint: http://localhost:4487/login/oauth/access_token
      userInfo: { endpointUrl: http://localhost:4487/user }`;

/**
 * All that differs between the examples as people read them and as they are started: addresses, and where secrets are. The
 * local addresses are the demonstration's.
 */
const STANDS_FOR: readonly (readonly [written: string, here: string])[] = [
  ['https://mcp.acme.example', 'http://localhost:4483'],
  ['https://auth.acme.example', 'http://localhost:4484'],
  ['https://sso.acme.example', 'http://localhost:4486'],
  ['https://sts.acme.example', 'http://localhost:4488'],
  ['https://api.githubcopilot.com/mcp', 'http://localhost:4489/mcp'],
  ['https://status.acme.example/mcp', 'http://localhost:4489/status/mcp'],
  ['https://directory.acme.example/mcp', 'http://localhost:4490/directory/mcp'],
  ['https://tickets.acme.example/mcp', 'http://localhost:4490/mcp'],
  ['https://notes.acme.example/mcp', 'http://localhost:4490/self/mcp'],
  ['https://reports.acme.example/mcp', 'http://localhost:4490/reports/mcp'],
  ['https://api.github.com/user', 'http://localhost:4487/user'],
  ['provider: github', GITHUB],
  ['clientId: Iv1.abc', 'clientId: gatehouse'],
  ['file: authorization-server.key', 'env: AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY'],
  ['file: /run/secrets/authorization-server-key', 'env: AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY'],
  ['file: token-vault.key', 'env: TOKEN_VAULT_KEY_ENCRYPTION_KEY'],
  ['file: /run/secrets/token-vault-key', 'env: TOKEN_VAULT_KEY_ENCRYPTION_KEY'],
  ['file: /run/secrets/vault-request-key', 'env: VAULT_REQUEST_KEY'],
];

/** Client secrets that the demonstration's providers know. */
const SECRETS = {
  SSO_CLIENT_SECRET: 'acme-demo-secret',
  GITHUB_CLIENT_SECRET: 'octo-demo-secret',
  EXCHANGE_CLIENT_SECRET: 'sts-demo-secret',
};

/** What is left of addresses that people have to replace; nothing here may go there. */
const OTHER_HOSTS = /https:\/\/[^\s'"#]+/g;

/** The gatehouse.yaml of an example, for this machine. */
export async function exampleConfiguration(
  example: Example,
  further: readonly (readonly [string, string])[] = [],
): Promise<string> {
  const text = await readFile(inRepository('examples', example, 'gatehouse.yaml'), 'utf8');
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const local = [...further, ...STANDS_FOR].reduce(
    (before, [written, here]) => before.replaceAll(written, here),
    lines.map((line) => line.replace(/ # .*$/, '')).join('\n'),
  );
  const others = local.match(OTHER_HOSTS);
  if (others !== null) throw new Error(`examples/${example}: nothing stands for ${others.join(', ')}`);
  return local;
}

/** Starts the gateway of an example, with the demonstration's providers and backends around it. */
export async function startExample(
  example: Example,
  options: Pick<WorldOptions, 'environment' | 'replicas'> & {
    /** Of the demonstration, beside those that every example has. */
    readonly flags?: readonly string[];
    readonly further?: readonly (readonly [string, string])[];
  } = {},
): Promise<World> {
  const { replicas = 1, flags = [] } = options;
  return await startWorld({
    replicas,
    configuration: await exampleConfiguration(example, options.further),
    demonstrationFlags: (portBase) => [
      '--octo-sends-issuer',
      ...flags,
      ...['sso', 'github'].map(
        (provider) => `--callback-url=http://localhost:${portBase + 1}/oauth/callback/${provider}`,
      ),
    ],
    environment: {
      ...options.environment,
      'token-vault': { ...SECRETS, ...options.environment?.['token-vault'] },
    },
  });
}
