import type { Problem } from '@gatehouse/config/findings/problems';
import { parseConfiguration } from '@gatehouse/config/load';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { readDocument, type ConfigurationText } from '@gatehouse/config/written-document';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { stringify } from 'yaml';
import { labelOf, nameOf, type NamedObject, type ReadObject } from '../cluster/objects.js';
import { installationOf } from './installation.js';
import { manifestsOf, type GatewayObjects } from './manifests.js';
import { isWritten, MAX_GATEWAY_NAME_LENGTH } from './names.js';
import { fileOf, partOf, type Reference } from './references.js';

/** What is written for the three services. */
export interface GatewayOutput {
  /** A `gatehouse.yaml`; each Secret and ConfigMap in it is a file beside it. */
  readonly configuration: string;
  /** Those files, for each service its own and no other's. */
  readonly files: Readonly<Record<Service, Readonly<Record<string, string>>>>;
}

export interface GatewayResult {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** `Kind/name` of what the gateway is made of. */
  readonly used: readonly string[];
  readonly backends: number;
  /** Absent when there are problems. */
  readonly output?: GatewayOutput;
}

const NOBODY: Readonly<Record<Service, Readonly<Record<string, string>>>> = {
  'authorization-server': {},
  'token-vault': {},
  'vmcp-proxy': {},
};

/** The Secrets and ConfigMaps that the services of a gateway read: what has to be asked for before `gatewayFrom`. */
export function neededObjects(objects: GatewayObjects): readonly NamedObject[] {
  const text = manifestsOf(objects);
  const references = SERVICES.flatMap(
    (service) => partOf(text, service, () => ({ ok: false, message: 'Not asked for yet.' })).references,
  );
  return [...new Map(references.map(({ kind, name }) => [nameOf({ kind, name }), { kind, name }])).values()];
}

/** The configuration of a gateway, by the rules of `gatehouse validate`. Pure: everything was read before. */
export function gatewayFrom(objects: GatewayObjects, read: ReadonlyMap<string, ReadObject>): GatewayResult {
  const text = manifestsOf(objects);
  const whole = parseConfiguration(text, { part: 'none', readSecret: () => ({ ok: false, message: '' }) });
  const document = readDocument(text);
  const { model } = whole;
  const services = SERVICES.filter(
    (service) => service !== 'authorization-server' || model?.authServer !== undefined,
  );
  const reader = readerOf(objects, read);
  const parts = new Map(services.map((service) => [service, partOf(text, service, reader)] as const));
  const references = [...parts.values()].flatMap((part) => part.references);
  const found = distinct([
    ...nameProblems(objects),
    ...configMapProblems(objects),
    ...(whole.ok ? [] : whole.problems),
    ...[...parts.values()].flatMap(({ problems }) => problems),
    ...(model === undefined ? [] : stdioProblems(objects, model)),
    ...twins(objects, references),
  ]);
  const facts = { used: document.used, backends: model?.backends.length ?? 0 };
  const warnings = whole.ok ? whole.warnings : [];
  if (found.length > 0 || model === undefined) return { ...facts, problems: found, warnings };
  const files = Object.fromEntries(
    [...parts].map(([service, part]) => [service, filesOf(part.references, reader)]),
  ) as Partial<GatewayOutput['files']>;
  const output = {
    configuration: configurationText(objects, document.value, references),
    files: { ...NOBODY, ...files },
  };
  const problems = ownMistakes(objects, output, services);
  return problems.length > 0
    ? { ...facts, problems, warnings }
    : { ...facts, problems: [], warnings, output };
}

type Reader = Parameters<typeof partOf>[2];

function readerOf({ gateway }: GatewayObjects, read: ReadonlyMap<string, ReadObject>): Reader {
  return ({ kind, name, key }) => {
    const object = read.get(nameOf({ kind, name })) ?? { is: 'missing' };
    const refuse = (message: string) => ({ ok: false, saysAll: true, message }) as const;
    if (isWritten({ kind, name }))
      return refuse(
        `The operator writes the ${kind} ${name} itself, for one service. Name the ${kind} that the value is from.`,
      );
    switch (object.is) {
      case 'missing':
        return refuse(`There is no ${kind} ${name} in namespace ${gateway.metadata.namespace}.`);
      case 'forbidden':
        return refuse(forbidden(kind, name));
      case 'there': {
        const value = Object.hasOwn(object.data, key) ? object.data[key]?.trim() : undefined;
        if (value === undefined) return refuse(`The ${kind} ${name} has no key ${key}.`);
        return value === '' ? refuse(`The key ${key} of the ${kind} ${name} is empty.`) : { ok: true, value };
      }
    }
  };
}

function filesOf(references: readonly Reference[], read: Reader): Readonly<Record<string, string>> {
  return Object.fromEntries(
    references.flatMap((reference) => {
      const reading = read(reference);
      return reading.ok ? [[fileOf(reference), reading.value] as const] : [];
    }),
  );
}

const HEAD = (name: string): string =>
  `# Written by the operator of Gatehouse from ${name}: what is changed here is written anew.\n`;

function configurationText(
  { gateway }: GatewayObjects,
  value: unknown,
  references: readonly Reference[],
): string {
  const files = new Map(references.map((one) => [JSON.stringify([one.name, one.key]), fileOf(one)]));
  return (
    HEAD(labelOf(gateway)) + stringify(asFiles(value, files), { aliasDuplicateObjects: false, lineWidth: 0 })
  );
}

/** Each reference that a service reads as the file that it becomes; all others as they are. */
function asFiles(value: unknown, files: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => asFiles(item, files));
  if (typeof value !== 'object' || value === null) return value;
  const { secretRef, ...rest } = value as Readonly<Record<string, unknown>>;
  const file = files.get(keyOf(secretRef));
  const fields =
    file === undefined ? { ...rest, ...(secretRef === undefined ? {} : { secretRef }) } : { ...rest, file };
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      name === 'secretRef' ? field : asFiles(field, files),
    ]),
  );
}

function keyOf(secretRef: unknown): string {
  const { name, key } = (secretRef ?? {}) as Readonly<Record<string, unknown>>;
  return JSON.stringify([name, key]);
}

const problemOf = (
  { gateway }: GatewayObjects,
  path: string,
  message: string,
  instead?: string,
): Problem => ({
  document: labelOf(gateway),
  path: `${labelOf(gateway)} ${path}`,
  message,
  ...(instead === undefined ? {} : { instead }),
});

const nameProblems = (objects: GatewayObjects): readonly Problem[] =>
  objects.gateway.metadata.name.length <= MAX_GATEWAY_NAME_LENGTH
    ? []
    : [
        problemOf(
          objects,
          'metadata.name',
          `The name is too long: the operator adds words to it. At most ${MAX_GATEWAY_NAME_LENGTH} characters.`,
        ),
      ];

/** ConfigMaps that are read as manifests and could not be read. A missing one with policies is said where it is named. */
function configMapProblems(objects: GatewayObjects): readonly Problem[] {
  const installation = installationOf(objects.gateway);
  return [...objects.configMaps].flatMap(([name, { is }]) => {
    const path =
      name === installation
        ? 'metadata.annotations["gatehouse.dev/installation"]'
        : 'spec.incomingAuth.authzConfig.configMap.name';
    if (is === 'forbidden') return [problemOf(objects, path, forbidden('ConfigMap', name))];
    return is === 'missing' && name === installation
      ? [
          problemOf(
            objects,
            path,
            `There is no ConfigMap ${name}.`,
            'the name of the ConfigMap with gatehouse.yaml',
          ),
        ]
      : [];
  });
}

const forbidden = (kind: NamedObject['kind'], name: string): string =>
  `The operator may not read the ${kind} ${name}. Add it to ${kind === 'Secret' ? 'reads.secrets' : 'reads.configMaps'} of the operator's chart.`;

/** A program is run by the bridge, which nobody runs here. */
const stdioProblems = (objects: GatewayObjects, { backends }: GatehouseModel): readonly Problem[] =>
  backends
    .filter(({ stdio }) => stdio !== undefined)
    .map(({ name }) =>
      problemOf(
        objects,
        'spec.groupRef',
        `The backend ${name} is a program, and no bridge runs here. Serve it over HTTP in a pod of its own.`,
        'its url in the place of command',
      ),
    );

/** In the written configuration a reference says its name and its key, and not of what. */
function twins(objects: GatewayObjects, references: readonly Reference[]): readonly Problem[] {
  const kinds = new Map<string, Set<string>>();
  for (const { kind, name, key } of references) {
    const known = kinds.get(`${name}/${key}`) ?? new Set();
    kinds.set(`${name}/${key}`, known.add(kind));
  }
  return [...kinds]
    .filter(([, known]) => known.size > 1)
    .map(([name]) =>
      problemOf(
        objects,
        'spec',
        `A Secret and a ConfigMap are both called ${name} here, and one file cannot be both. Rename one of them.`,
      ),
    );
}

/** What is written is read once more, as a service will: an error of the operator is said, and nothing is written. */
function ownMistakes(
  objects: GatewayObjects,
  output: GatewayOutput,
  services: readonly Service[],
): readonly Problem[] {
  const text: ConfigurationText = { document: 'gatehouse.yaml', text: output.configuration };
  const again = services.flatMap((service) => {
    const files = output.files[service];
    const loaded = parseConfiguration(text, {
      part: service,
      readSecret: (reference) => {
        // Nothing is mounted where a service would look for it.
        if ('secretRef' in reference) return { ok: false, message: 'It is no file.' };
        const value =
          'file' in reference && Object.hasOwn(files, reference.file) ? files[reference.file] : undefined;
        return value === undefined ? { ok: false, message: ELSEWHERE } : { ok: true, value };
      },
    });
    return loaded.ok ? [] : loaded.problems.filter(({ message }) => !message.includes(ELSEWHERE));
  });
  return again.map(({ path, message }) =>
    problemOf(
      objects,
      'spec',
      `The written configuration would be wrong at ${path}: ${message} Report it, please.`,
    ),
  );
}

const ELSEWHERE = '(not beside the configuration)';

const distinct = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem])).values(),
];
