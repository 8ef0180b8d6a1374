import { resolve } from 'node:path';
import { toManifests } from '@gatehouse/config/to-manifests/to-manifests';
import { readDocument, type WrittenDocument } from '@gatehouse/config/written-document';
import { stringify } from 'yaml';
import { Cannot } from './cannot.js';
import { checked, readConfiguration } from './configuration.js';

export type Form = 'native' | 'manifests';

export interface ConvertOptions {
  /** Left out: the other one. */
  readonly to?: Form;
  readonly virtualServer?: string | undefined;
  /** Of the objects that are written. */
  readonly namespace?: string | undefined;
}

/** A configuration in the other of its two forms. Secrets stay references; comments are lost. */
export function convert(file: string, options: ConvertOptions): string {
  const configuration = readConfiguration(file === '-' ? file : resolve(file), options.virtualServer);
  checked(configuration, 'none', {});
  const document = readDocument(configuration);
  const { to = document.form === 'native' ? 'manifests' : 'native' } = options;
  if (to === document.form)
    throw new Cannot(
      document.form === 'native'
        ? `${file} is in the native form already. Convert it to manifests: --to manifests`
        : `${file} holds manifests already. Convert them to the native form: --to native`,
      'usage',
    );
  return to === 'native' ? asNative(document) : asManifests(document, options.namespace);
}

const YAML = { aliasDuplicateObjects: false, lineWidth: 0 };

const asNative = ({ value }: WrittenDocument): string =>
  [
    '# Converted from manifests; their comments are not kept. A secretRef is the file <SECRETS_DIR>/<name>/<key>.',
    stringify(value, YAML),
  ].join('\n');

function asManifests({ value }: WrittenDocument, namespace?: string): string {
  const { objects, beside } = toManifests(value as Record<string, unknown>, namespace);
  const documents = objects.map((object) => stringify(object, YAML));
  if (Object.keys(beside).length > 0)
    documents.push(`# What manifests cannot say, in the native form.\n${stringify(beside, YAML)}`);
  return ['# Converted from a gatehouse.yaml; its comments are not kept.', documents.join('---\n')].join(
    '\n',
  );
}
