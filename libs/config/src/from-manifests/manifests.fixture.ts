import { stringify } from 'yaml';
import { SECRETS } from '../configuration.fixture.js';
import type { Problem } from '../findings/problems.js';
import { parseConfiguration, type Loaded } from '../load.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { secretsFrom } from '../secrets/secret-references.js';
import type { SourceFile } from './read-manifests.js';

export type Fields = Record<string, unknown>;
export type Manifest = Fields & {
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: Fields;
};

const NAMESPACE = 'tools';

export const manifest = (kind: string, name: string, spec?: Fields, version = 'v1beta1'): Manifest => ({
  apiVersion: `toolhive.stacklok.dev/${version}`,
  kind,
  metadata: { name, namespace: NAMESPACE },
  ...(spec === undefined ? {} : { spec }),
});

export const coreObject = (kind: 'Secret' | 'ConfigMap', name: string, fields: Fields): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: NAMESPACE },
  ...fields,
});

const MCP = 'https://mcp.acme.example/mcp';

const gateway = (): Fields => ({
  groupRef: { name: 'engineering' },
  authServerConfig: {
    issuer: 'https://auth.acme.example',
    upstreamProviders: [
      {
        name: 'acme-sso',
        type: 'oidc',
        oidcConfig: {
          issuerUrl: 'https://sso.acme.example',
          clientId: 'gatehouse',
          clientSecretRef: { name: 'clients', key: 'acme-sso' },
        },
      },
      {
        name: 'octo',
        type: 'oauth2',
        oauth2Config: {
          authorizationEndpoint: 'https://octo.example/authorize',
          tokenEndpoint: 'https://octo.example/token',
          clientId: 'gatehouse',
          clientSecretRef: { name: 'clients', key: 'octo' },
          userInfo: { endpointUrl: 'https://octo.example/user' },
        },
      },
    ],
  },
  incomingAuth: { type: 'oidc', oidcConfigRef: { name: 'own', audience: MCP, resourceUrl: MCP } },
  outgoingAuth: {
    source: 'inline',
    backends: { tickets: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'exchange' } } },
  },
});

/** Two providers, a backend of each kind, a strategy of each type. */
export const manifests = (version = 'v1beta1'): Manifest[] => {
  const ours = (kind: string, name: string, spec?: Fields): Manifest => manifest(kind, name, spec, version);
  return [
    ours('MCPGroup', 'engineering'),
    ours('MCPOIDCConfig', 'own', { type: 'inline', inline: { issuer: 'https://auth.acme.example' } }),
    ours('MCPExternalAuthConfig', 'as-octo', {
      type: 'upstreamInject',
      upstreamInject: { providerName: 'octo' },
    }),
    ours('MCPExternalAuthConfig', 'exchange', {
      type: 'tokenExchange',
      tokenExchange: {
        tokenUrl: 'https://sts.acme.example/token',
        clientId: 'gatehouse',
        clientSecretRef: { name: 'clients', key: 'exchange' },
        audience: 'tickets',
        subjectProviderName: 'acme-sso',
      },
    }),
    ours('MCPExternalAuthConfig', 'api-key', {
      type: 'headerInjection',
      headerInjection: { headerName: 'X-Api-Key', valueSecretRef: { name: 'clients', key: 'api-key' } },
    }),
    ours('MCPServer', 'repos', {
      groupRef: { name: 'engineering' },
      image: 'repos',
      transport: 'streamable-http',
      externalAuthConfigRef: { name: 'as-octo' },
    }),
    ours('MCPServerEntry', 'tickets', {
      groupRef: { name: 'engineering' },
      remoteUrl: 'https://tickets.acme.example/mcp',
      transport: 'streamable-http',
    }),
    ours('MCPRemoteProxy', 'reports', {
      groupRef: { name: 'engineering' },
      remoteUrl: 'https://reports.acme.example/mcp',
      externalAuthConfigRef: { name: 'api-key' },
    }),
    ours('VirtualMCPServer', 'acme', gateway()),
    coreObject('Secret', 'clients', {
      stringData: {
        'acme-sso': SECRETS.ACME_CLIENT_SECRET,
        octo: SECRETS.OCTO_CLIENT_SECRET,
        exchange: SECRETS.EXCHANGE_SECRET,
      },
      data: { 'api-key': Buffer.from(SECRETS.API_KEY).toString('base64') },
    }),
  ];
};

/** The variables that manifests without a `gatehouse.yaml` beside them read. */
const ENVIRONMENT = {
  TOKEN_VAULT_KEY_ENCRYPTION_KEY: SECRETS.VAULT_KEK,
  AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY: SECRETS.AS_KEK,
  AUTHORIZATION_SERVER_DATABASE_URL: SECRETS.AS_DATABASE_URL,
  TOKEN_VAULT_DATABASE_URL: SECRETS.VAULT_DATABASE_URL,
  NATS_CREDENTIALS: SECRETS.NATS_CREDENTIALS,
  NATS_PROVISIONING_CREDENTIALS: SECRETS.NATS_PROVISIONING_CREDENTIALS,
  VAULT_REQUEST_KEY: SECRETS.VAULT_REQUEST_KEY,
};

export const textOf = (objects: readonly unknown[]): string =>
  objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');

export function loadFiles(files: readonly SourceFile[], virtualServer?: string): Loaded {
  const text = files.map((file) => file.text).join('\n---\n');
  return parseConfiguration(
    { document: 'manifests', text, files, virtualServer },
    { part: 'all', readSecret: secretsFrom(ENVIRONMENT) },
  );
}

export const loadManifests = (objects: readonly unknown[], virtualServer?: string): Loaded =>
  loadFiles([{ document: 'all.yaml', text: textOf(objects) }], virtualServer);

export function modelOfManifests(objects: readonly unknown[]): GatehouseModel {
  const loaded = loadManifests(objects);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, undefined, 1));
  return loaded.model;
}

export function problemsOfManifests(objects: readonly unknown[], virtualServer?: string): readonly Problem[] {
  const loaded = loadManifests(objects, virtualServer);
  return loaded.ok ? [] : loaded.problems;
}

export function warningsOfManifests(objects: readonly unknown[]): readonly Problem[] {
  const loaded = loadManifests(objects);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, undefined, 1));
  return loaded.warnings;
}

/** The manifests of the tests with one field changed: `VirtualMCPServer.spec.incomingAuth.type`. `undefined` takes it out. */
export function changed(kindAndPath: string, value: unknown, objects: Manifest[] = manifests()): Manifest[] {
  const [kind, ...steps] = kindAndPath.split('.');
  const object = objects.find((one) => one.kind === kind);
  if (object === undefined) throw new Error(`There is no ${kind ?? ''}.`);
  let holder: Fields = object;
  for (const step of steps.slice(0, -1)) {
    holder[step] ??= {};
    holder = holder[step] as Fields;
  }
  const last = steps.at(-1) ?? '';
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = value;
  return objects;
}

export const specOf = (objects: readonly Manifest[], kind: string): Fields =>
  objects.find((object) => object.kind === kind)?.spec ?? {};
