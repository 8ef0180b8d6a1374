import { DEFAULT_PORT_BASE, PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import type { Path } from '../findings/path.js';
import { readYamlDocuments } from '../yaml/yaml-document.js';
import { embeddedDocuments } from './embedded.js';
import { Written, type ManifestObject } from './manifest-object.js';
import type { ManifestSet } from './manifest-set.js';
import type { NativeDocument } from './native-document.js';

/** The key of a ConfigMap that holds fields of `gatehouse.yaml`, for tools that let nothing but objects through. */
const CONFIG_MAP_KEY = 'gatehouse.yaml';

/** Documents with fields of `gatehouse.yaml`: those without a kind, and those in ConfigMaps of the gateway's namespace. */
export function installationsOf(
  set: ManifestSet,
  loose: readonly ManifestObject[],
  namespace: string,
): readonly Written[] {
  const kept = set
    .ofKind('ConfigMap')
    .filter((object) => object.namespace === namespace)
    .flatMap((object) => {
      const text = Written.of(object).at('data', CONFIG_MAP_KEY);
      return text.text === undefined ? [] : documentsIn(set, text, text.text);
    });
  return [...loose, ...kept].map((object) => Written.of(object));
}

function documentsIn(set: ManifestSet, place: Written, text: string): readonly ManifestObject[] {
  set.used.add(place.object);
  const read = embeddedDocuments(place, text);
  if (read === undefined) {
    const errors = readYamlDocuments(text);
    if (!errors.ok) set.problems.push(...errors.errors.map(({ message }) => place.problem(message)));
  }
  return (read ?? []).map(({ object }) => object);
}

const ENVIRONMENT: readonly (readonly [Path, unknown])[] = [
  [['vault', 'keyEncryptionKeys'], [{ id: '1', env: 'TOKEN_VAULT_KEY_ENCRYPTION_KEY' }]],
  [['postgres', 'tokenVault'], { url: { env: 'TOKEN_VAULT_DATABASE_URL' } }],
  [['nats', 'servers'], [`nats://127.0.0.1:${DEFAULT_PORT_BASE + PORT_OFFSETS.nats}`]],
];

const WITH_AUTH_SERVER: readonly (readonly [Path, unknown])[] = [
  [['authServer', 'keyEncryptionKeys'], [{ id: '1', env: 'AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY' }]],
  [['postgres', 'authorizationServer'], { url: { env: 'AUTHORIZATION_SERVER_DATABASE_URL' } }],
];

/** What manifests cannot say and nobody has written: the names of variables that examples use as well. */
export function fillInInstallation(native: NativeDocument, gateway: Written): void {
  const needed =
    native.read(['authServer']) === undefined ? ENVIRONMENT : [...ENVIRONMENT, ...WITH_AUTH_SERVER];
  for (const [path, value] of needed) if (native.read(path) === undefined) native.put(path, value, gateway);
}
