import { prefixOf, type Aggregation, type WorkloadTools } from '../model/aggregation.js';
import { MAX_NAME_LENGTH_OF_HOSTS } from '../model/bounds.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

/** Most tools' names are no longer. */
const USUAL_NAME = 32;
/** `_` and the digits of a short form. */
const SHORT_FORM = 11;
const READABLE = 8;

const SHORTEN = `Set aggregation.maxNameLength: ${MAX_NAME_LENGTH_OF_HOSTS}, or write a shorter one.`;

/** Names of tools that hosts refuse, or that get a short form, as far as they are known before anybody lists. */
export const longNames: Rule = ({ backends, aggregation }) => [
  ...(aggregation.conflictResolution === 'prefix'
    ? backends.flatMap(({ name }, index) =>
        prefixFindings(prefixOf(aggregation, name), aggregation.maxNameLength, ['backends', index, 'name']),
      )
    : []),
  ...aggregation.tools.flatMap((entry, index) =>
    nameFindings(entry, aggregation, ['aggregation', 'tools', index]),
  ),
];

function prefixFindings(prefix: string, maxNameLength: number, path: Path): readonly Finding[] {
  const room = MAX_NAME_LENGTH_OF_HOSTS - prefix.length;
  if (maxNameLength > MAX_NAME_LENGTH_OF_HOSTS)
    return room >= USUAL_NAME
      ? []
      : [
          {
            path,
            message: `The prefix ${prefix} leaves ${Math.max(room, 0)} characters of the ${MAX_NAME_LENGTH_OF_HOSTS} that many hosts take for a tool's name. ${SHORTEN}`,
          },
        ];
  return prefix.length + READABLE <= maxNameLength - SHORT_FORM
    ? []
    : [
        {
          path,
          message: `With the prefix ${prefix}, nothing of a tool's own name is to be read in a short form of ${maxNameLength} characters.`,
        },
      ];
}

function nameFindings(
  { workload, filter = [], overrides }: WorkloadTools,
  aggregation: Aggregation,
  path: Path,
): readonly Finding[] {
  const prefix = aggregation.conflictResolution === 'prefix' ? prefixOf(aggregation, workload) : '';
  const { maxNameLength } = aggregation;
  const isRefused = (name: string): boolean =>
    maxNameLength > MAX_NAME_LENGTH_OF_HOSTS && name.length > MAX_NAME_LENGTH_OF_HOSTS;
  const refused = (name: string): string =>
    `The tool is listed as ${name}, which has ${name.length} characters. Many hosts refuse more than ${MAX_NAME_LENGTH_OF_HOSTS}. ${SHORTEN}`;
  return [
    ...filter.flatMap((tool, index) =>
      overrides.get(tool)?.name === undefined && isRefused(prefix + tool)
        ? [{ path: [...path, 'filter', index], message: refused(prefix + tool) }]
        : [],
    ),
    ...[...overrides].flatMap(([tool, { name }]) => {
      if (name === undefined) return [];
      const place = [...path, 'overrides', tool, 'name'];
      const listed = prefix + name;
      if (isRefused(listed)) return [{ path: place, message: refused(listed) }];
      return listed.length > maxNameLength
        ? [
            {
              path: place,
              message: `${listed} is longer than maxNameLength: it is listed in its short form.`,
            },
          ]
        : [];
    }),
  ];
}
