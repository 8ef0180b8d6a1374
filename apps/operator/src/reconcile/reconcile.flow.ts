import { sha256 } from '@gatehouse/kernel/digest';
import { KIND_FIELDS, type Kind } from '@gatehouse/config/manifest-fields/kinds';
import type { Problem } from '@gatehouse/config/findings/problems';
import { SERVICES } from '@gatehouse/kernel/services';
import {
  codeOf,
  ForeignObject,
  isCode,
  reasonOf,
  type Cluster,
  type FoundObject,
} from '../cluster/cluster.client.js';
import { isObjectName } from '../cluster/object-name.js';
import {
  labelOf,
  nameOf,
  type ClusterObject,
  type NamedObject,
  type ReadObject,
} from '../cluster/objects.js';
import { gatewayFrom, neededObjects, type GatewayOutput, type GatewayResult } from '../gateway/gateway.js';
import { readAsManifests } from '../gateway/manifests.js';
import { configMapOf, isWritten, secretOf } from '../gateway/names.js';
import { nextFiles } from '../gateway/written-files.js';
import {
  GATEWAY_CONDITIONS,
  gatewayConditions,
  objectCondition,
  type Writing,
} from '../status/conditions.js';
import { eventsOf, nextStatus, type WantedStatus } from '../status/status.js';

export const KINDS = Object.keys(KIND_FIELDS) as Kind[];

/** When the configuration was written that lies there. */
const WRITTEN_AT = 'gatehouse.dev/written-at';
const FILE = 'gatehouse.yaml';

export interface Reconciled {
  /** What the gateways name: whose changes have to be heard. */
  readonly named: readonly NamedObject[];
  /** Whether something was written. */
  readonly gateways: readonly ReconciledGateway[];
  /** What the API refused of one gateway, if it did. The others were looked at all the same. */
  readonly failure?: unknown;
}

export interface ReconciledGateway {
  readonly name: string;
  readonly problems: number;
  readonly isNew: boolean;
}

export interface ReconcileOptions {
  readonly gateways: readonly string[];
  /** Asked before each writing: whoever has ceased to lead writes nothing more. */
  readonly mayWrite: () => boolean;
  readonly now: () => Date;
}

/** Somebody else leads now. */
export class NotLeading extends Error {}

/** Brings what is written in line with the objects, once. */
export async function reconcile(cluster: Cluster, options: ReconcileOptions): Promise<Reconciled> {
  const objects = (await Promise.all(KINDS.map((kind) => cluster.list(kind)))).flatMap(({ items }) => items);
  const named: NamedObject[] = [];
  const gateways: ReconciledGateway[] = [];
  const results: GatewayResult[] = [];
  const failures: unknown[] = [];
  const ours = objects.filter(
    ({ kind, metadata }) =>
      kind === 'VirtualMCPServer' &&
      options.gateways.includes(metadata.name) &&
      metadata.deletionTimestamp === undefined,
  );
  for (const gateway of ours)
    try {
      const asked = await ask(cluster, gateway, objects);
      named.push(...asked.named);
      const written = await writeGateway(cluster, options, gateway, asked.result);
      const { result, writing, isNew } = written;
      results.push(result);
      failures.push(...written.failures);
      gateways.push({ name: gateway.metadata.name, problems: result.problems.length, isNew });
      if (writing === undefined) continue;
      await say(cluster, options, gateway, {
        ours: GATEWAY_CONDITIONS,
        conditions: gatewayConditions(gateway, result, writing),
        fields: { backendCount: result.backends },
      });
    } catch (error) {
      // What the API says of this one is no reason to leave the others.
      if (codeOf(error) === undefined) throw error;
      failures.push(error);
    }
  await sayOfParts(cluster, options, objects, { results, areAll: results.length === ours.length });
  return {
    named: [...new Map(named.map((one) => [nameOf(one), one])).values()],
    gateways,
    failure: failures.find((error) => !isCode(error, 409)) ?? failures[0],
  };
}

interface Asked {
  readonly result: GatewayResult;
  readonly named: readonly NamedObject[];
}

/** Reads what the gateway names, by name. What the operator writes itself is not read for anybody. */
async function ask(
  cluster: Cluster,
  gateway: ClusterObject,
  objects: readonly ClusterObject[],
): Promise<Asked> {
  const readAll = async (named: readonly NamedObject[]): Promise<ReadonlyMap<string, ReadObject>> => {
    const read = new Map<string, ReadObject>();
    for (const one of named) if (!isWritten(one)) read.set(nameOf(one), await cluster.read(one));
    return read;
  };
  const asManifests = readAsManifests(gateway);
  const read = await readAll(asManifests);
  const configMaps = new Map(
    asManifests.map((one) => [one.name, read.get(nameOf(one)) ?? ({ is: 'missing' } as const)]),
  );
  const all = { gateway, objects, configMaps };
  const needed = neededObjects(all);
  const values = await readAll(needed);
  const result = gatewayFrom(all, values);
  // What may not be read may not be watched either.
  const isWatched = (one: NamedObject, { is }: ReadObject = { is: 'forbidden' }): boolean =>
    is !== 'forbidden' && isObjectName(one.name) && !isWritten(one);
  const named = [
    ...asManifests.filter((one) => isWatched(one, read.get(nameOf(one)))),
    ...needed.filter((one) => isWatched(one, values.get(nameOf(one)))),
  ];
  return { result, named };
}

interface WrittenGateway {
  readonly result: GatewayResult;
  /** Absent when somebody else wrote at the same time: the next look says it. */
  readonly writing?: Writing;
  readonly isNew: boolean;
  /** What the API said to it, so that it is tried again. */
  readonly failures: readonly unknown[];
}

/**
 * First what the configuration refers to, then the configuration. A wrong one changes nothing of what lies there. What the API
 * refuses for this gateway stands in its condition, and the others go on.
 */
async function writeGateway(
  cluster: Cluster,
  options: ReconcileOptions,
  gateway: ClusterObject,
  result: GatewayResult,
): Promise<WrittenGateway> {
  const name = configMapOf(gateway.metadata.name);
  let kept: Writing = { is: 'unknown', configMap: name };
  try {
    const found = await cluster.find({ kind: 'ConfigMap', name });
    kept = found === undefined ? { is: 'never' } : { is: 'kept', configMap: name };
    if (result.output === undefined) return { result, writing: kept, isNew: false, failures: [] };
    const isNew = await writeOutput(cluster, options, { gateway, output: result.output, found });
    const digest = sha256(result.output.configuration).slice(0, 12);
    return { result, writing: { is: 'written', configMap: name, digest }, isNew, failures: [] };
  } catch (error) {
    // Somebody else wrote first: nothing is wrong with the gateway.
    if (isCode(error, 409)) return { result, isNew: false, failures: [error] };
    const message = whyNotWritten(name, error);
    if (message === undefined) throw error;
    const problem = { document: labelOf(gateway), path: `${labelOf(gateway)} metadata.name`, message };
    const problems = [...result.problems, problem];
    const failures = error instanceof ForeignObject ? [] : [error];
    return { result: { ...result, problems }, writing: kept, isNew: false, failures };
  }
}

/** Why it was refused is not said: the API's text may quote what was to be written, and so a Secret. */
function whyNotWritten(configMap: string, error: unknown): string | undefined {
  if (error instanceof ForeignObject) return error.message;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const where = `${reasonOf(error)} for the ConfigMap ${configMap} or a Secret beside it.`;
  const hint = HINTS.get(code);
  return `${where[0]?.toUpperCase()}${where.slice(1)}${hint === undefined ? '' : ` ${hint}`}`;
}

/** Rights that come from the operator's chart name what it writes: a 403 has another reason in most cases. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [
    403,
    "A quota, an admission policy or a namespace that is being deleted is in the way, or the Role is not that of the operator's chart.",
  ],
  [413, 'It is too large: an object has at most 1 MiB.'],
  [422, 'It is too large (an object has at most 1 MiB), or an admission policy refuses it.'],
]);

async function writeOutput(
  cluster: Cluster,
  options: ReconcileOptions,
  {
    gateway,
    output,
    found,
  }: { gateway: ClusterObject; output: GatewayOutput; found: FoundObject | undefined },
): Promise<boolean> {
  const now = options.now();
  const isSame = found?.data[FILE] === output.configuration;
  const writtenAtMs = isSame ? Date.parse(found.annotations[WRITTEN_AT] ?? '') : now.getTime();
  const sinceMs = Number.isNaN(writtenAtMs) ? Infinity : now.getTime() - writtenAtMs;
  for (const service of SERVICES) {
    const secret = { kind: 'Secret', name: secretOf(gateway.metadata.name, service) } as const;
    const there = await cluster.find(secret);
    const data = nextFiles(there?.data ?? {}, output.files[service], sinceMs);
    if (there !== undefined && sameFiles(there.data, data)) continue;
    mustLead(options);
    await cluster.write({ ...secret, owner: gateway, data }, there);
  }
  if (isSame) return false;
  mustLead(options);
  await cluster.write(
    {
      kind: 'ConfigMap',
      name: configMapOf(gateway.metadata.name),
      owner: gateway,
      data: { [FILE]: output.configuration },
      annotations: { [WRITTEN_AT]: now.toISOString() },
    },
    found,
  );
  return true;
}

const sameFiles = (
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): boolean =>
  Object.keys(left).length === Object.keys(right).length &&
  Object.entries(left).every(([name, value]) => right[name] === value);

function mustLead({ mayWrite }: ReconcileOptions): void {
  if (!mayWrite()) throw new NotLeading();
}

/** Each object that a gateway is made of says whether it is right. One that none is made of any more says nothing. */
async function sayOfParts(
  cluster: Cluster,
  options: ReconcileOptions,
  objects: readonly ClusterObject[],
  { results, areAll }: { readonly results: readonly GatewayResult[]; readonly areAll: boolean },
): Promise<void> {
  const used = new Set(results.flatMap((result) => result.used));
  const problems: readonly Problem[] = results.flatMap((result) => result.problems);
  for (const object of objects) {
    if (object.kind === 'VirtualMCPServer' || object.metadata.deletionTimestamp !== undefined) continue;
    const isUsed = used.has(labelOf(object));
    // Whether a gateway that could not be looked at is made of it, nobody knows.
    if (!isUsed && !(areAll && saysOurs(object))) continue;
    await say(cluster, options, object, {
      ours: ['Valid'],
      conditions: isUsed ? [objectCondition(object, problems)] : [],
    });
  }
}

const saysOurs = ({ status }: ClusterObject): boolean =>
  status?.conditions?.some(({ type, reason }) => type === 'Valid' && reason.startsWith('Configuration')) ===
  true;

async function say(
  cluster: Cluster,
  options: ReconcileOptions,
  object: ClusterObject,
  wanted: WantedStatus,
): Promise<void> {
  const now = options.now();
  const next = nextStatus(object, wanted, now);
  if (next === undefined) return;
  mustLead(options);
  try {
    await cluster.writeStatus(object, next);
  } catch (error) {
    // It has changed, or is gone: the next look sees that.
    if (isCode(error, 409) || isCode(error, 404)) return;
    throw error;
  }
  for (const told of eventsOf(object, wanted)) await cluster.tell(object, told, now);
}
