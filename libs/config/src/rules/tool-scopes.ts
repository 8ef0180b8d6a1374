import { EVERYTHING } from '../model/obo.js';
import type { OutgoingStrategy } from '../model/outgoing-auth.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { ToolScopes } from '../model/tool-scopes.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { MAX_OBO_SCOPES } from '../yaml/obo-fields.js';
import { strategiesOf, type Rule } from './rule.js';

/** Scopes for no tool, no scopes for tools, and scopes that every call has already, are misunderstandings. */
export const toolScopes: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) => findingsOf(value, [...path, value.type]));

/** The lists of one entry that say nothing. */
export const emptyLists = ({ tools, scopes }: ToolScopes, path: Path): readonly Finding[] =>
  (
    [
      ['tools', tools],
      ['scopes', scopes],
    ] as const
  ).flatMap(([field, written]) =>
    written.length > 0
      ? []
      : [{ path: [...path, field], message: `There are no ${field}: this entry does nothing.` }],
  );

function findingsOf(strategy: OutgoingStrategy<unknown>, block: Path): readonly Finding[] {
  if (!isIssuedToken(strategy) || strategy.type === 'awsSts' || strategy.toolScopes === undefined) return [];
  const { scopes, toolScopes: entries, type } = strategy;
  const path = [...block, 'toolScopes'];
  if (entries.length > 0 && scopes.some(isEverything))
    return [
      {
        path,
        related: [[...block, 'scopes']],
        message: `Calls ask for ${EVERYTHING.slice(1)}, which is everything that was agreed to, and Entra takes no other scopes beside it.`,
        instead: 'scopes that all calls need, and toolScopes for the others',
      },
    ];
  const everything = entries.findIndex((entry) => entry.scopes.some(isEverything));
  if (everything >= 0)
    return [
      {
        path: [...path, everything, 'scopes'],
        message: `This asks for ${EVERYTHING.slice(1)}, which is everything that was agreed to, and Entra takes no other scopes beside it.`,
        instead: 'the scopes that these tools need',
      },
    ];
  const all = new Set([...scopes, ...entries.flatMap((entry) => entry.scopes)]);
  return [
    ...entries.flatMap((entry, index) => entryFindings(entry, scopes, [...path, index])),
    ...(type === 'obo' && scopes.length <= MAX_OBO_SCOPES && all.size > MAX_OBO_SCOPES
      ? [{ path, message: `obo asks for ${MAX_OBO_SCOPES} scopes at most, those of every call among them.` }]
      : []),
  ];
}

const isEverything = (scope: string): boolean => scope === EVERYTHING.slice(1) || scope.endsWith(EVERYTHING);

function entryFindings(entry: ToolScopes, base: readonly string[], path: Path): readonly Finding[] {
  const empty = emptyLists(entry, path);
  if (empty.length > 0 || !entry.scopes.every((scope) => base.includes(scope))) return empty;
  return [
    {
      path: [...path, 'scopes'],
      message: `Every call asks for ${entry.scopes.join(' ')} already: this entry does nothing.`,
    },
  ];
}
