import { TOKEN_TYPES, type TokenType } from '@gatehouse/kernel/token-types';

/** A field of a manifest as its schema is published: a fact of the seed system, not a decision of ours. */
export interface PublishedField {
  readonly type:
    'text' | 'flag' | 'number' | 'texts' | 'textMap' | 'anything' | 'block' | 'blocks' | 'blockMap';
  readonly required: boolean;
  readonly choices?: readonly string[];
  readonly fields: ReadonlyMap<string, PublishedField>;
}

/** Steps of a path as the tables write them: `upstreamProviders[].name`, `overrides{}.title`. */
export type Pattern = string;

const TYPES = {
  '': 'text',
  '?': 'flag',
  '#': 'number',
  '[]': 'texts',
  '{}': 'textMap',
  '*': 'anything',
} as const;

type Growing = PublishedField & { readonly fields: Map<string, PublishedField> };

const LEAF = /^(?<name>[A-Za-z][A-Za-z0-9]*)(?<required>!?)(?<type>\?|#|\[\]|\{\}|\*|)(?:=(?<choices>.+))?$/;
const BLOCK = /^(?<name>[A-Za-z][A-Za-z0-9]*)(?<type>\[\]|\{\}|)(?<required>!?)$/;

/** Reads the lines of one kind: `path: field field …`, the outer blocks first. */
export function fieldTree(lines: string): PublishedField {
  const root: Growing = { type: 'block', required: true, fields: new Map() };
  for (const line of lines.trim().split('\n')) {
    const colon = line.indexOf(':');
    const [path, fields] = [line.slice(0, colon), line.slice(colon + 1)];
    const holder = path === '.' ? root : addBlock(root, path.split('.'));
    for (const field of fields.split(' ').filter((text) => text !== '')) addLeaf(holder, field);
  }
  return root;
}

function addBlock(root: Growing, steps: readonly string[]): Growing {
  return steps.reduce<Growing>((holder, step) => {
    const { name = '', type = '', required = '' } = BLOCK.exec(step)?.groups ?? {};
    const known = holder.fields.get(name);
    if (known !== undefined) return known as Growing;
    const added: Growing = {
      type: type === '[]' ? 'blocks' : type === '{}' ? 'blockMap' : 'block',
      required: required === '!',
      fields: new Map(),
    };
    holder.fields.set(name, added);
    return added;
  }, root);
}

function addLeaf(holder: Growing, written: string): void {
  const { name = '', required = '', type = '', choices } = LEAF.exec(written)?.groups ?? {};
  holder.fields.set(name, {
    type: TYPES[type as keyof typeof TYPES],
    required: required === '!',
    ...(choices === undefined ? {} : { choices: choices.split('|').map(choiceOf) }),
    fields: new Map(),
  });
}

/** `''` is the empty text, `@id_token` the token type of that name (RFC 8693 section 3). */
const choiceOf = (written: string): string =>
  written.startsWith('@') ? TOKEN_TYPES[written.slice(1) as TokenType] : written.replace("''", '');

/** Every field below, the blocks among them, with its pattern. */
export function* allFields(
  { fields }: PublishedField,
  prefix: Pattern = '',
): Generator<readonly [Pattern, PublishedField]> {
  for (const [name, field] of fields) {
    const pattern = prefix === '' ? name : `${prefix}.${name}`;
    yield [pattern, field];
    yield* allFields(field, pattern + itemMark(field));
  }
}

export const itemMark = ({ type }: PublishedField): '' | '[]' | '{}' =>
  type === 'blocks' ? '[]' : type === 'blockMap' ? '{}' : '';
