import { z } from 'zod';
import { isNumber } from '../json/faithful-json.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import { isCompilable } from './compilable-schema.js';
import { LISTING, type Kind } from './definitions.js';
import { mendedDefinition } from './mended-definition.js';

/** What becomes of an entry of a backend's list. */
export type Judged =
  | {
      readonly kind: 'sound';
      readonly definition: JsonObject;
      /** Members that were taken off because clients would not accept them. */
      readonly without: readonly string[];
      /** Members that say what the server must have meant. */
      readonly mended: readonly string[];
    }
  | {
      readonly kind: 'left_out';
      /** Whatever stands where the name should be. */
      readonly name: unknown;
      readonly reason: string;
    };

/**
 * The revisions do not say which characters a prompt's name has, and say for tools which it SHOULD have (MCP 2025-11-25, tools). People
 * see it, and it is in logs, so nothing in it may be invisible. What a tool is listed as: `plainName`.
 */
const NAME = /^[^\p{C}\p{Z}](?:[^\p{C}\p{Zl}\p{Zp}]{0,126}[^\p{C}\p{Z}])?$/u;
const MAX_NAME_CHARACTERS = 128;
const MAX_URI_CHARACTERS = 4_096;
const MAX_TEXT_CHARACTERS = 65_536;
/** Schemas are compiled by clients, many of which recurse. */
const MAX_DEPTH = 64;

const text = z.string().max(MAX_TEXT_CHARACTERS);
const uri = z
  .string()
  .min(1)
  .max(MAX_URI_CHARACTERS)
  .regex(/^\P{C}*$/u);
const schema = z.looseObject({
  $schema: z.string().optional(),
  type: z.literal('object'),
  properties: z.record(z.string(), z.custom(isObject)).optional(),
  required: z.array(z.string()).optional(),
});
const meta = z.record(z.string(), z.unknown());
const icons = z.array(
  z.looseObject({
    src: z.string(),
    mimeType: z.string().optional(),
    sizes: z.array(z.string()).optional(),
    theme: z.enum(['light', 'dark']).optional(),
  }),
);
/** Whether clients read it as a number between these. */
const numberWithin = (least: number, most: number): z.ZodType =>
  z.custom((value) => {
    const number = isNumber(value) ? Number(JSON.stringify(value)) : Number.NaN;
    return number >= least && number <= most;
  });
const contentAnnotations = z.looseObject({
  audience: z.array(z.enum(['user', 'assistant'])).optional(),
  priority: numberWithin(0, 1).optional(),
  lastModified: z.iso.datetime({ offset: true }).optional(),
});
const toolAnnotations = z.looseObject({
  title: z.string().optional(),
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
  idempotentHint: z.boolean().optional(),
  openWorldHint: z.boolean().optional(),
});
const promptArguments = z.array(
  z.looseObject({
    name: z.string().min(1).max(MAX_NAME_CHARACTERS),
    description: text.optional(),
    required: z.boolean().optional(),
  }),
);

interface Members {
  /** Without these, or with others, nobody could use the thing. */
  readonly needed: Readonly<Record<string, z.ZodType>>;
  /** Taken off where clients would reject the whole list for them. */
  readonly optional: Readonly<Record<string, z.ZodType>>;
}

const COMMON = { title: text, description: text, icons, _meta: meta };
const CONTENT = { ...COMMON, mimeType: text, annotations: contentAnnotations };

const MEMBERS: Readonly<Record<Kind, Members>> = {
  tools: {
    needed: { name: z.string().regex(NAME), inputSchema: schema },
    optional: {
      ...COMMON,
      outputSchema: schema.refine(isCompilable),
      annotations: toolAnnotations,
      execution: z.looseObject({ taskSupport: z.enum(['required', 'optional', 'forbidden']).optional() }),
    },
  },
  prompts: {
    needed: { name: z.string().regex(NAME), arguments: promptArguments.optional() },
    optional: COMMON,
  },
  resources: { needed: { uri }, optional: { ...CONTENT, size: numberWithin(0, Number.MAX_VALUE) } },
  resourceTemplates: { needed: { uriTemplate: uri }, optional: CONTENT },
};

/** Whether clients can take the entry; what they cannot take is taken off, where it is not needed. */
export function judgeDefinition(kind: Kind, entry: unknown): Judged {
  if (!isObject(entry)) return { kind: 'left_out', name: undefined, reason: 'it is no object' };
  const leftOut = (reason: string): Judged => ({
    kind: 'left_out',
    name: entry[LISTING[kind].identifiedBy],
    reason,
  });
  if (isDeeperThan(entry, MAX_DEPTH)) return leftOut('it is nested too deeply');
  const { needed, optional } = MEMBERS[kind];
  const { definition: present, mended } = mendedDefinition(kind, entry);
  const broken = Object.entries(needed).find(([name, member]) => !member.safeParse(present[name]).success);
  if (broken !== undefined) return leftOut(`its ${broken[0]} is not what clients accept`);
  const without = Object.entries(optional)
    .filter(([name, member]) => present[name] !== undefined && !member.safeParse(present[name]).success)
    .map(([name]) => name);
  const definition = Object.fromEntries(Object.entries(present).filter(([name]) => !without.includes(name)));
  return {
    kind: 'sound',
    definition: named(kind, definition),
    without,
    mended: mended.filter((name) => !without.includes(name)),
  };
}

/** Resources are known by their URI; what people see in its place must be there, and be something to look at. */
function named(kind: Kind, definition: JsonObject): JsonObject {
  if (kind === 'tools' || kind === 'prompts') return definition;
  const { name } = definition;
  const given =
    typeof name === 'string' && name !== '' ? name : (definition['uri'] ?? definition['uriTemplate']);
  const shown = Array.from(String(given).replaceAll(/\p{C}/gu, ' ')).slice(0, MAX_NAME_CHARACTERS).join('');
  return shown === name ? definition : { ...definition, name: shown };
}

function isDeeperThan(value: unknown, most: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((one): unknown[] =>
      typeof one === 'object' && one !== null ? Object.values(one) : [],
    );
  }
  return false;
}
