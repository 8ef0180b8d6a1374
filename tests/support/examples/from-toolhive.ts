import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { inRepository } from '@gatehouse/testing/repository';
import { startWorld, type World, type WorldOptions } from '@gatehouse/testing/world';

type Standing = readonly (readonly [written: string, here: string])[];

/** Addresses and client ids of this machine; the local addresses are the demonstration's. */
const STANDS_FOR: Standing = [
  ['https://mcp.example.com', 'http://localhost:4483'],
  ['https://auth.example.com', 'http://localhost:4484'],
  ['https://accounts.google.com', 'http://localhost:4486'],
  ['https://dev-123456.okta.com/oauth2/default', 'http://localhost:4486'],
  ['https://dev-123456.okta.com/oauth2/aus987/v1/token', 'http://localhost:4488/token'],
  ['https://github.com/login', 'http://localhost:4487/login'],
  ['https://api.github.com/user', 'http://localhost:4487/user'],
  ['https://api.githubcopilot.com/mcp', 'http://localhost:4489/mcp'],
  ['https://directory.example.com/mcp', 'http://localhost:4490/directory/mcp'],
  ['https://tickets.example.com/mcp', 'http://localhost:4490/mcp'],
  ['https://reports.example.com/mcp', 'http://localhost:4490/reports/mcp'],
  ['https://status.example.com/mcp', 'http://localhost:4489/status/mcp'],
  ['audience: backend-api', 'audience: tickets'],
  ['clientId: my-exchange-client', 'clientId: gatehouse-exchange'],
  ['clientId: my-obo-client', 'clientId: gatehouse-obo'],
];

const privateKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

/** What the Secrets hold that the manifests refer to. */
const SECRETS = {
  'provider-secrets': {
    github: 'octo-demo-secret',
    google: 'acme-demo-secret',
    okta: 'acme-demo-secret',
    exchange: 'sts-demo-secret',
  },
  'idp-client-secret': { 'client-secret': 'entra-secret', 'obo-secret': 'obo-secret' },
  'reports-api-key': { value: 'reports-demo-key' },
};

/** In front of the manifests: the world adds to the last document. */
const secretsOf = (namespace: string): string =>
  Object.entries({ ...SECRETS, 'auth-signing-key': { 'private-key': privateKey() } })
    .map(([name, stringData]) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData }),
    )
    .join('\n---\n');

export interface ManifestOptions extends Pick<WorldOptions, 'replicas'> {
  readonly namespace: string;
  /** Where providers send people back to, below the authorization server: `/oauth/callback` and this. */
  readonly callbacks?: readonly string[];
  readonly demonstrationFlags?: readonly string[];
  /** Before the addresses that every example has. */
  readonly further?: Standing;
  /** What the document beside the manifests says more. */
  readonly beside?: string;
}

/** The manifests in examples/from-toolhive, started as they are: only addresses, client ids and secrets are of this machine. */
export async function startManifests(
  example: string,
  {
    namespace,
    callbacks = [],
    demonstrationFlags = [],
    further = [],
    beside = '',
    ...options
  }: ManifestOptions,
): Promise<World> {
  const text = await readFile(inRepository('examples/from-toolhive', `gatehouse-${example}.yaml`), 'utf8');
  const local = [...further, ...STANDS_FOR]
    .reduce((before, [written, here]) => before.replaceAll(written, here), text)
    .replaceAll(/clientId: my-\S+/g, 'clientId: gatehouse');
  return await startWorld({
    ...options,
    configuration: `${secretsOf(namespace)}\n---\n${local}${beside}`,
    demonstrationFlags: (portBase) => [
      ...demonstrationFlags,
      ...callbacks.map(
        (callback) => `--callback-url=http://localhost:${portBase + 1}/oauth/callback${callback}`,
      ),
    ],
  });
}
