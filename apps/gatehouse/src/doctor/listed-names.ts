import { prefixOf, type Aggregation } from '@gatehouse/config/model/aggregation';
import { MAX_NAME_LENGTH_OF_HOSTS } from '@gatehouse/config/model/bounds';
import { outcomeAmong, rankIn } from '@gatehouse/config/model/name-conflict';
import { plainName, shortName } from '@gatehouse/kernel/short-name';
import { isShown } from '../shown-tools.js';
import type { DoctorFinding } from './finding.js';

/** What one backend lists, by its own names. */
interface ListedTools {
  readonly backend: string;
  readonly tools: readonly string[];
}

interface Named {
  readonly backend: string;
  /** As clients see it, unless it meets another one. */
  readonly name: string;
}

/** What is wrong with the names that clients see: with prefixes and overrides, in the short forms that the proxy gives them. */
export function listedNameFindings(
  aggregation: Aggregation,
  lists: readonly ListedTools[],
): readonly DoctorFinding[] {
  const named = lists.flatMap((list) => namedTools(aggregation, list));
  return [
    ...lists.flatMap(({ backend }) =>
      namesOf(
        aggregation,
        backend,
        named.filter((one) => one.backend === backend).map(({ name }) => name),
      ),
    ),
    ...takenNames(aggregation, named),
  ];
}

/** As `apps/vmcp-proxy/src/catalog/merge.ts` names them. */
function namedTools(aggregation: Aggregation, { backend, tools }: ListedTools): readonly Named[] {
  const { conflictResolution, maxNameLength } = aggregation;
  const overrides = aggregation.tools.find(({ workload }) => workload === backend)?.overrides;
  const prefix = conflictResolution === 'prefix' ? prefixOf(aggregation, backend) : '';
  return [...new Set(tools)]
    .filter((tool) => isShown(aggregation, backend, tool))
    .map((tool) => ({
      backend,
      name: shortName(prefix + (overrides?.get(tool)?.name ?? plainName(tool)), maxNameLength),
    }));
}

/** Models’ interfaces take letters, digits, `_` and `-`, and refuse a whole list for one other name. */
const TAKEN_BY_HOSTS = /^[A-Za-z0-9_-]+$/;

function namesOf(
  { conflictResolution }: Aggregation,
  backend: string,
  names: readonly string[],
): readonly DoctorFinding[] {
  const about = `backend ${backend}`;
  const prefixed = conflictResolution === 'prefix' ? ' with their prefix' : '';
  const long = names.filter((name) => name.length > MAX_NAME_LENGTH_OF_HOSTS);
  const odd = names.filter((name) => !TAKEN_BY_HOSTS.test(name));
  const evidence = (wrong: readonly string[]): string =>
    `${wrong.length} of ${names.length}, such as ${wrong[0] ?? ''}`;
  return [
    ...(long.length === 0
      ? []
      : [
          {
            name: 'backend-tool-name-long',
            about,
            cause: `Clients see names of tools that have more than ${MAX_NAME_LENGTH_OF_HOSTS} characters${prefixed}. Many hosts refuse them.`,
            evidence: `${evidence(long)}. The longest has ${Math.max(...long.map(({ length }) => length))} characters.`,
            fix: `Write aggregation.maxNameLength: ${MAX_NAME_LENGTH_OF_HOSTS}, a shorter prefixFormat, or other names (aggregation.tools[].overrides).`,
          },
        ]),
    ...(odd.length === 0
      ? []
      : [
          {
            name: 'backend-tool-name-listed',
            about,
            cause: `Clients see names of tools${prefixed} that hosts of models refuse: they take letters, digits, _ and -.`,
            evidence: `${evidence(odd)}.`,
            fix: 'Write a prefixFormat without other characters, and other names: aggregation.tools[].overrides.<tool>.name.',
          },
        ]),
  ];
}

/** Names that several backends would have: which tool keeps it, and how the others are told apart, nobody wrote. */
function takenNames(aggregation: Aggregation, named: readonly Named[]): readonly DoctorFinding[] {
  const byName = Map.groupBy(named, ({ name }) => name);
  const rankOf = rankIn(aggregation);
  const taken = [...byName].filter(([, all]) => {
    const backends = [...new Set(all.map(({ backend }) => backend))];
    if (all.length < 2) return false;
    // By the configured order one of them keeps the name, and the others are not shown: that is written.
    const [first, ...others] = backends.map(rankOf).sort((left, right) => left - right);
    return (
      aggregation.conflictResolution !== 'priority' ||
      first === undefined ||
      outcomeAmong(first, others) !== 'kept'
    );
  });
  const [example] = taken;
  if (example === undefined) return [];
  const [name, holders] = example;
  return [
    {
      name: 'backend-tool-name-taken',
      about: 'tools that clients see',
      cause:
        'Tools would have one name. They get longer ones, which change when a backend lists something else.',
      evidence: `${taken.length} of ${byName.size} names, such as ${name}: ${holders.map(({ backend }) => backend).join(', ')}.`,
      fix: 'Write a prefixFormat with {workload} and a separator, or other names: aggregation.tools[].overrides.<tool>.name.',
    },
  ];
}
