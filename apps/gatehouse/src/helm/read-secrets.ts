import { basename, dirname, normalize, resolve } from 'node:path';
import { parseConfiguration } from '@gatehouse/config/load';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import {
  DEFAULT_SECRETS_DIR,
  referenceOf,
  systemSecrets,
  type SecretReference,
} from '@gatehouse/config/secrets/secret-references';
import type { ConfigurationText } from '@gatehouse/config/written-document';
import type { Service } from '@gatehouse/kernel/services';
import { Cannot } from '../cannot.js';
import { databaseOwners } from '../migrate.js';
import { writtenSections } from '../written-secrets.js';

/** What reads secrets in a cluster: a service, or one of the two Jobs. */
type Reader = Service | 'migrate' | 'provision';

/** Which key of which Secret stands where. */
export interface ReadSecrets {
  readonly files: readonly { readonly path: string; readonly secret: string; readonly key: string }[];
  readonly environment: readonly { readonly name: string; readonly secret: string; readonly key: string }[];
}

const NOT_LOOKED_UP = { ok: false, message: 'Secrets are not looked up here.' } as const;

/** The folder of the configuration in a container. */
const CONFIGURATION_FOLDER = '/etc/gatehouse';
/** Elsewhere a mount would hide what the image has. The same in `values.schema.json`. */
const MOUNTED = /^\/(run\/secrets|etc\/gatehouse)(\/[-_A-Za-z0-9][-._A-Za-z0-9]*)+$/;
const KEY = /^[-._a-zA-Z0-9]+$/;

/** @param ownSecret the Secret for what names none. */
export function secretsOf(
  configuration: ConfigurationText,
  model: GatehouseModel,
  reader: Reader,
  ownSecret: string,
): ReadSecrets {
  const files = new Map<string, ReadSecrets['files'][number]>();
  const environment = new Map<string, ReadSecrets['environment'][number]>();
  for (const reference of referencesOf(configuration, model, reader)) {
    if ('env' in reference) {
      const { env: name } = reference;
      environment.set(name, { name, secret: ownSecret, key: name });
    } else if ('file' in reference) {
      const path = mountPath(reference.file);
      files.set(path, { path, secret: ownSecret, key: freeKey(path, [...files.values()], ownSecret) });
    } else {
      const { name, key } = reference.secretRef;
      const path = mountPath(`${DEFAULT_SECRETS_DIR}/${name}/${key}`);
      files.set(path, { path, secret: name, key });
    }
  }
  return { files: [...files.values()], environment: [...environment.values()] };
}

function referencesOf(
  configuration: ConfigurationText,
  model: GatehouseModel,
  reader: Reader,
): readonly SecretReference[] {
  const written =
    reader === 'migrate'
      ? databaseOwners(configuration, model).map(([, url]) => url)
      : [writtenSections(configuration).nats.provisioningCredentials];
  if (reader === 'migrate' || reader === 'provision')
    return written.flatMap((reference) => referenceOf(reference) ?? []);
  const references: SecretReference[] = [];
  parseConfiguration(configuration, {
    part: reader,
    readSecret: (reference, path) => {
      // Policies, and variables that need not be there, stand at no place of a secret.
      if (path !== undefined) references.push(reference);
      return NOT_LOOKED_UP;
    },
  });
  return references;
}

function mountPath(file: string): string {
  const path = normalize(resolve(CONFIGURATION_FOLDER, file));
  if (MOUNTED.test(path) && path !== `${CONFIGURATION_FOLDER}/gatehouse.yaml`) return path;
  throw new Cannot(
    `The chart cannot mount a secret at ${path}. Write { secretRef: { name: …, key: … } }, or a file below /run/secrets.`,
    'configuration',
  );
}

/** The file's name; where another file of the Secret has it, with its folders. */
function freeKey(path: string, others: ReadSecrets['files'], secret: string): string {
  const isTaken = (key: string): boolean =>
    others.some((other) => other.secret === secret && other.key === key && other.path !== path);
  const name = basename(path);
  return isTaken(name) ? path.slice(1).replaceAll('/', '-') : name;
}

/** The files beside the configuration that are no secrets (policies), by name. */
export function policyFilesOf(configuration: ConfigurationText): Readonly<Record<string, string>> {
  const read = systemSecrets(dirname(configuration.document), {});
  const files: Record<string, string> = {};
  parseConfiguration(configuration, {
    part: 'vmcp-proxy',
    readSecret: (reference, path) => {
      // A secret: nobody needs it here, so its file is not opened.
      if (path !== undefined) return NOT_LOOKED_UP;
      const reading = read(reference);
      if (!('file' in reference) || !reading.ok) return reading;
      const name = normalize(reference.file);
      if (!KEY.test(name))
        throw new Cannot(
          `${reference.file} has to stand in the folder of the configuration, whose files the chart mounts as one ConfigMap. Move it there.`,
          'configuration',
        );
      files[name] = reading.value;
      return reading;
    },
  });
  return files;
}
