import { nearestName } from '../findings/nearest-name.js';
import type { Path } from '../findings/path.js';
import type { Finding, Problem } from '../findings/problems.js';
import { isKind, OTHER_KINDS, VERSIONS } from '../manifest-fields/kinds.js';
import type { SecretReader } from '../secrets/secret-references.js';
import { translateAuthServer } from './auth-server.js';
import { translateBackends } from './backends.js';
import { fieldProblems } from './field-problems.js';
import { translateIncomingAuth } from './incoming-auth.js';
import { fillInInstallation, installationsOf } from './installation.js';
import { describeObject, Written, type ManifestObject } from './manifest-object.js';
import { apiGroup, isOurs, ManifestSet } from './manifest-set.js';
import { NativeDocument } from './native-document.js';
import { ownSecrets } from './own-secrets.js';
import { readManifests, type SourceFile } from './read-manifests.js';
import { translateSettings } from './settings.js';
import { translateStrategies } from './strategies.js';

/** A document in the native form, made of manifests. */
export interface FromManifests {
  /** Absent: there is no gateway to make. */
  readonly value?: unknown;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Places of fields that misspelled ones were probably meant to be. */
  readonly meant: readonly Problem[];
  /** Places of the native document that are reported already, in the manifests. */
  readonly wrong: readonly Path[];
  /** A finding about the native document, at its place in the manifests. */
  readonly problem: (finding: Finding) => Problem;
  readonly readerOf: (mounted: SecretReader) => SecretReader;
  /** `Kind/name` of the objects that the gateway is made of. */
  readonly used: readonly string[];
}

export interface ManifestOptions {
  /** Names the whole in problems. */
  readonly document: string;
  /** `name` or `namespace/name` of the VirtualMCPServer, where there are several. */
  readonly virtualServer?: string | undefined;
  /** Otherwise references to objects among the manifests are answered there. */
  readonly readerHasAll?: boolean;
}

/** Reads one VirtualMCPServer with everything that belongs to it. */
export function fromManifests(files: readonly SourceFile[], options: ManifestOptions): FromManifests {
  const { readerHasAll = false } = options;
  const { objects, installations, problems } = readManifests(files);
  const set = new ManifestSet(objects.filter(isRead));
  set.problems.push(...problems, ...foreignVersions(objects), ...namelessOnes(objects));
  const chosen = chooseGateway(set, options);
  if (chosen === undefined) return nothing(set, options.document);
  const gateway = Written.of(chosen);
  set.used.add(chosen);
  const native = new NativeDocument(chosen);
  const beside = installationsOf(set, installations, chosen.namespace);
  const hasPublicUrl = beside.some((document) => document.at('publicUrl').isThere);
  const hasAuthServer = [
    gateway.at('spec', 'authServerConfig'),
    ...beside.map((one) => one.at('authServer')),
  ].some(({ isThere }) => isThere);
  const otherBackends = new Set(
    beside.flatMap((one) => one.at('backends').items.map((item) => String(item.at('name').value))),
  );
  for (const object of objects)
    if (isOurs(object) && !isRead(object) && object.namespace === chosen.namespace)
      native.fails(['outgoingAuth', 'backends', object.name]);
  const translation = { set, native, gateway, hasPublicUrl, hasAuthServer, otherBackends };
  native.put(['name'], chosen.name, gateway.at('metadata', 'name'));
  native.copy([], gateway.at('spec'), ['passthroughHeaders']);
  translateAuthServer(translation);
  translateIncomingAuth(translation);
  const backends = translateBackends(translation);
  translateStrategies(translation, backends);
  translateSettings(translation, backends);
  for (const document of beside) native.merge([], document);
  fillInInstallation(native, gateway);
  const meant: Problem[] = [];
  for (const object of set.used) {
    const found = fieldProblems(Written.of(object));
    set.problems.push(...found.problems);
    set.warnings.push(...found.warnings);
    meant.push(...found.meant);
  }
  set.warnings.push(...unused(set, objects, options.document));
  const found = distinct(set.problems);
  return {
    value: native.value,
    problems: found,
    warnings: distinct(set.warnings),
    meant,
    problem: (finding) => native.problem(finding),
    wrong: native.wrongPlaces([...found, ...meant]),
    readerOf: (mounted) => ownSecrets({ set, native, namespace: chosen.namespace, readerHasAll }, mounted),
    used: [...set.used].map(({ label }) => label),
  };
}

const isRead = (object: ManifestObject): boolean =>
  isOurs(object)
    ? isKind(object.kind)
    : apiGroup(object) === 'v1' && (object.kind === 'Secret' || object.kind === 'ConfigMap');

const nothing = (set: ManifestSet, document: string): FromManifests => ({
  problems: set.problems,
  warnings: [],
  meant: [],
  wrong: [],
  problem: ({ message }) => ({ document, path: '', message }),
  readerOf: (mounted) => mounted,
  used: [],
});

function chooseGateway(
  set: ManifestSet,
  { document, virtualServer }: ManifestOptions,
): ManifestObject | undefined {
  const all = set.ofKind('VirtualMCPServer');
  const found =
    virtualServer === undefined
      ? all
      : all.filter(
          ({ name, namespace }) => virtualServer === name || virtualServer === `${namespace}/${name}`,
        );
  if (found.length === 1) return found[0];
  const names = all.map(({ namespace, name }) => `${namespace}/${name}`);
  const complain = (message: string, instead?: string, at?: ManifestObject): void => {
    const whole = { document, path: '', message, ...(instead === undefined ? {} : { instead }) };
    set.problems.push(at === undefined ? whole : Written.of(at).problem(message, instead));
  };
  if (all.length === 0)
    complain(
      'There is no VirtualMCPServer among the manifests: it is what Gatehouse runs in the place of.',
      'a VirtualMCPServer whose groupRef names the MCPGroup of the backends',
    );
  else if (found.length === 0) {
    const nearest = nearestName(virtualServer ?? '', [...names, ...all.map(({ name }) => name)]);
    complain(`There is no VirtualMCPServer ${virtualServer ?? ''}. There are: ${names.join(', ')}.`, nearest);
  } else
    complain(
      `There are several VirtualMCPServers, and one gateway is one of them: ${names.join(', ')}.`,
      `--virtual-server ${names[0] ?? ''}, or GATEHOUSE_VIRTUAL_SERVER`,
      found[1],
    );
  return undefined;
}

/** An object is found by its name. */
const namelessOnes = (objects: readonly ManifestObject[]): readonly Problem[] =>
  objects.filter(isRead).flatMap((object) => {
    const name = Written.of(object).at('metadata', 'name');
    if (name.text !== undefined) return [];
    return [
      name.problem(
        name.isThere && name.value !== ''
          ? `Expected a text, found ${typeof name.value === 'number' ? 'a number' : 'something else'}.`
          : 'This field is required.',
        typeof name.value === 'number' ? `'${name.value}'` : undefined,
      ),
    ];
  });

/** Objects of the seed system in a version that it does not publish. */
const foreignVersions = (objects: readonly ManifestObject[]): readonly Problem[] =>
  objects.flatMap((object) => {
    const version = apiGroup(object).split('/')[1] ?? '';
    if (
      !isOurs(object) ||
      (VERSIONS.includes(version) && (isKind(object.kind) || OTHER_KINDS.includes(object.kind)))
    )
      return [];
    if (VERSIONS.includes(version))
      return [Written.of(object).at('kind').problem(`The seed system has no kind ${object.kind}.`)];
    return [
      Written.of(object)
        .at('apiVersion')
        .problem(
          `This version is not known. Known: ${VERSIONS.join(', ')}.`,
          apiGroup(object).replace(/\/.*/, '/v1beta1'),
        ),
    ];
  });

/** One warning for all objects that no part of this gateway is made of. */
function unused(set: ManifestSet, objects: readonly ManifestObject[], document: string): readonly Problem[] {
  const idle = objects.filter(
    (object) => isOurs(object) && !set.used.has(object) && object.kind !== 'VirtualMCPServer',
  );
  return idle.length === 0
    ? []
    : [
        {
          document,
          path: '',
          message: `Nothing of this gateway is made of: ${idle.slice(0, MAX_NAMED).map(describeObject).join(', ')}${idle.length > MAX_NAMED ? ` and ${idle.length - MAX_NAMED} more` : ''}.`,
        },
      ];
}

const MAX_NAMED = 20;

const distinct = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
];
