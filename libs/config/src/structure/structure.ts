import type { z } from 'zod';
import { gatehouseYaml, type GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { OWN_WORDS } from '../yaml/checks.js';
import { blockFindings } from './block-findings.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { expandProfiles, type Expanded } from '../profiles/expand.js';
import { nodeAt, schemaTree, type SchemaNode } from '../yaml/schema-tree.js';
import { shapeFindings, valueAt, type ShapeFindings } from './shape-findings.js';

export const gatehouseYamlTree = schemaTree(gatehouseYaml);

export interface Structure extends Pick<Expanded, 'filledIn' | 'placeOf'> {
  /** Absent when the document cannot be repaired far enough for the rules. */
  readonly shape?: GatehouseYaml;
  readonly findings: readonly Finding[];
  /** Places of the expanded document that hold a stand-in or a wrong value. Rules report nothing that depends on them. */
  readonly wrong: readonly Path[];
}

/** Rounds of repair; each round makes one more level of the document valid. */
const MAX_ROUNDS = 12;

/**
 * Fills in profiles, checks fields, types and formats, and goes on with stand-ins for what is wrong, so that the rules across fields can
 * report their findings in the same run.
 */
export function checkStructure(written: unknown): Structure {
  const { value, findings: ofProfiles, wrong: standIns, filledIn, placeOf } = expandProfiles(written);
  if (!isRecord(value))
    return {
      findings: [{ path: [], message: 'The document must hold fields, such as name and publicUrl.' }],
      wrong: [],
      filledIn,
      placeOf,
    };
  const first = gatehouseYaml.safeParse(value);
  const shape = first.success
    ? NO_SHAPE_FINDINGS
    : shapeFindings(gatehouseYamlTree, value, first.error.issues);
  const blocks = blockFindings(gatehouseYamlTree, value);
  const found = [...shape.findings, ...blocks];
  const common = {
    findings: [...ofProfiles, ...found.map((finding) => ({ ...finding, path: placeOf(finding.path) }))],
    filledIn,
    placeOf,
  };
  if (first.success && blocks.length === 0) return { ...common, shape: first.data, wrong: standIns };
  const repaired = repair(value);
  const wrong = [...standIns, ...found.map(({ path }) => path), ...shape.meant];
  return {
    ...common,
    ...(repaired === undefined ? {} : { shape: repaired }),
    wrong: [...wrong, ...wrong.flatMap(blocksBeside)],
  };
}

const NO_SHAPE_FINDINGS: ShapeFindings = { findings: [], meant: [] };

/** With a wrong `type` it is unknown which of the blocks beside it was meant. */
function blocksBeside(path: Path): readonly Path[] {
  if (path.at(-1) !== 'type') return [];
  const holder = path.slice(0, -1);
  const blocks = Object.values(nodeAt(gatehouseYamlTree, holder)?.blocks ?? {});
  return blocks.flatMap((block) => (block === undefined ? [] : [[...holder, block]]));
}

type PlainRecord = Record<string | number, unknown>;

const isRecord = (value: unknown): value is PlainRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function repair(value: PlainRecord): GatehouseYaml | undefined {
  const copy = structuredClone(value);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    addMissingBlocks(gatehouseYamlTree, copy);
    const parsed = gatehouseYaml._zod.run({ value: copy, issues: [] }, { async: false });
    if (parsed instanceof Promise) throw new Error('The schema of the configuration is synchronous.');
    // A text of the wrong format stays as it is; rules report nothing that depends on it.
    const misshapen = parsed.issues.filter(({ code }) => code !== OWN_WORDS);
    // Without other issues than those the value has the shape, which zod's type for a failed run does not say.
    if (misshapen.length === 0) return parsed.value as GatehouseYaml;
    for (const issue of misshapen) applyStandIn(copy, issue);
  }
  return undefined;
}

function applyStandIn(root: PlainRecord, issue: z.core.$ZodRawIssue): void {
  const path = (issue.path ?? []) as Path;
  const holder = valueAt(root, issue.code === 'unrecognized_keys' ? path : path.slice(0, -1));
  if (typeof holder !== 'object' || holder === null) return;
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) Reflect.deleteProperty(holder, key);
    return;
  }
  const node = nodeAt(gatehouseYamlTree, path);
  const field = path.at(-1);
  if (node !== undefined && field !== undefined)
    (holder as PlainRecord)[field] = standIn(node, holder as PlainRecord, path);
}

function standIn(node: SchemaNode, holder: PlainRecord, path: Path): unknown {
  switch (node.kind) {
    case 'object':
    case 'map':
      return {};
    case 'list':
      return [];
    case 'text':
      return '';
    case 'number':
      return 0;
    case 'countOr':
      return node.countOr.word;
    case 'flag':
      return false;
    case 'choice': {
      const parent = nodeAt(gatehouseYamlTree, path.slice(0, -1));
      const present = Object.entries(parent?.blocks ?? {}).find(
        ([, block]) => block !== undefined && holder[block] !== undefined,
      );
      return present?.[0] ?? node.values[0];
    }
  }
}

/** A `type` without its block gets an empty block, whose fields the next round fills. */
function addMissingBlocks(node: SchemaNode, value: unknown): void {
  if (node.kind === 'list' && Array.isArray(value))
    for (const item of value) addMissingBlocks(node.element, item);
  if (!isRecord(value)) return;
  if (node.kind === 'map') for (const item of Object.values(value)) addMissingBlocks(node.value, item);
  if (node.kind !== 'object') return;
  const block = node.blocks?.[canonicalType(node, value['type'])];
  if (block !== undefined) value[block] ??= {};
  for (const [name, field] of node.fields) addMissingBlocks(field.node, value[name]);
}

function canonicalType(node: Extract<SchemaNode, { kind: 'object' }>, type: unknown): string {
  const written = typeof type === 'string' ? type : '';
  return node.fields.get('type')?.node.aliases?.[written] ?? written;
}
