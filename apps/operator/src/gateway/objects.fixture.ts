import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inRepository } from '@gatehouse/testing/repository';
import { parseAllDocuments } from 'yaml';
import { nameOf, type ClusterObject, type ReadObject } from '../cluster/objects.js';
import { INSTALLATION } from './installation.js';
import type { GatewayObjects } from './manifests.js';
import { gatewayFrom, type GatewayResult } from './gateway.js';

const NAMESPACE = 'tools';

/** Values that no condition, event or log may contain. */
export const VALUES = {
  github: 'value-of-the-github-client-secret',
  google: 'value-of-the-google-client-secret',
  header: 'value-of-the-header',
} as const;

const SIGNING_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

const INSTALLATION_NAME = 'gw-gatehouse-configuration';

/** The seed system's own complete example, as the API gives it. */
export function example(): ClusterObject[] {
  const text = readFileSync(inRepository('examples/from-toolhive/gatehouse-github-and-google.yaml'), 'utf8');
  return parseAllDocuments(text).flatMap((document, index) => {
    const object = document.toJS() as ClusterObject | { readonly kind?: undefined };
    if (object.kind === undefined) return [];
    const isGateway = object.kind === 'VirtualMCPServer';
    const metadata = {
      ...object.metadata,
      namespace: NAMESPACE,
      uid: `uid-${index}`,
      generation: 1,
      ...(isGateway ? { annotations: { [INSTALLATION]: INSTALLATION_NAME } } : {}),
    };
    return [{ ...object, metadata }];
  });
}

/** What manifests cannot say, beside the example. */
const INSTALLATION_TEXT = `
backends:
  - { name: backend-github, url: https://api.githubcopilot.com/mcp }
listen:
  proxy: { host: 0.0.0.0 }
authServer:
  keyEncryptionKeys: [{ id: '1', env: AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY }]
nats:
  servers: [nats://nats:4222]
`;

export const installation = (text = INSTALLATION_TEXT): ReadonlyMap<string, ReadObject> =>
  new Map([[INSTALLATION_NAME, { is: 'there', data: { 'gatehouse.yaml': text } }]]);

const there = (data: Readonly<Record<string, string>>): ReadObject => ({ is: 'there', data });

export const secrets = (
  changes: Readonly<Record<string, ReadObject>> = {},
): ReadonlyMap<string, ReadObject> =>
  new Map([
    [
      nameOf({ kind: 'Secret', name: 'provider-secrets' }),
      there({ github: VALUES.github, google: VALUES.google }),
    ],
    [nameOf({ kind: 'Secret', name: 'auth-signing-key' }), there({ 'private-key': SIGNING_KEY })],
    ...Object.entries(changes),
  ]);

export function gatewayObjects(
  objects: readonly ClusterObject[] = example(),
  configMaps = installation(),
): GatewayObjects {
  const gateway = objects.find(({ kind }) => kind === 'VirtualMCPServer');
  if (gateway === undefined) throw new Error('There is no VirtualMCPServer.');
  return { gateway, objects, configMaps };
}

export const made = (
  objects: readonly ClusterObject[] = example(),
  read = secrets(),
  configMaps = installation(),
): GatewayResult => gatewayFrom(gatewayObjects(objects, configMaps), read);

/** The example with one field changed: `MCPServerEntry.spec.remoteUrl`. */
export function changed(kindAndPath: string, value: unknown, objects = example()): ClusterObject[] {
  const [kind, ...steps] = kindAndPath.split('.');
  const object = objects.find((one) => one.kind === kind);
  let holder = object as unknown as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) {
    holder[step] ??= {};
    holder = holder[step] as Record<string, unknown>;
  }
  holder[steps.at(-1) ?? ''] = value;
  return objects;
}
