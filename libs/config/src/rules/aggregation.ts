import type { Aggregation, ToolOverride, WorkloadTools } from '../model/aggregation.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

const HERE: Path = ['aggregation'];

/** The conflict resolution has the fields that it needs, and every entry has an effect. */
export const aggregation: Rule = ({ aggregation: written }) => [
  ...resolutionFindings(written),
  ...hiddenFindings(written),
  ...written.tools.flatMap((entry, index) => toolFindings(entry, [...HERE, 'tools', index])),
  ...(['prompts', 'resources'] as const).flatMap((kind) =>
    written[kind].flatMap(({ filter }, index) =>
      repeatedIn(filter).map((at) => ({
        path: [...HERE, kind, index, 'filter', at],
        message: `${filter[at] ?? ''} is already further up in this filter.`,
      })),
    ),
  ),
  ...sharedNames(written),
];

function resolutionFindings({
  conflictResolution,
  conflictResolutionConfig: { priorityOrder, prefixFormat },
  excludeAllTools,
  tools,
}: Aggregation): readonly Finding[] {
  const config: Path = [...HERE, 'conflictResolutionConfig'];
  const findings: Finding[] = [];
  if (conflictResolution === 'priority' && priorityOrder.length === 0)
    findings.push({
      path: [...config, 'priorityOrder'],
      message: 'conflictResolution: priority needs the order of the backends.',
    });
  if (conflictResolution !== 'priority' && priorityOrder.length > 0)
    findings.push({
      path: [...config, 'priorityOrder'],
      message: `priorityOrder has no effect with conflictResolution: ${conflictResolution}.`,
    });
  for (const at of repeatedIn(priorityOrder))
    findings.push({
      path: [...config, 'priorityOrder', at],
      message: `${priorityOrder[at] ?? ''} is already further up in this order.`,
    });
  if (conflictResolution === 'prefix' && !prefixFormat.includes('{workload}'))
    findings.push({
      path: [...config, 'prefixFormat'],
      message: 'Without {workload} all backends have the same prefix, and equal tool names collide.',
      instead: "'{workload}_'",
    });
  if (conflictResolution === 'manual' && tools.length === 0 && !excludeAllTools)
    findings.push({
      path: [...HERE, 'tools'],
      message: 'conflictResolution: manual needs the tools that it chooses among.',
    });
  return findings;
}

/** Entries for tools that nobody sees. */
function hiddenFindings({ excludeAllTools, defaultToolVisibility, tools }: Aggregation): readonly Finding[] {
  if (!excludeAllTools) return [];
  const why = 'has no effect with excludeAllTools: true.';
  return [
    ...(defaultToolVisibility === 'deny'
      ? [{ path: [...HERE, 'defaultToolVisibility'], message: `defaultToolVisibility: deny ${why}` }]
      : []),
    ...tools.map((_, index) => ({ path: [...HERE, 'tools', index], message: `This entry ${why}` })),
  ];
}

function toolFindings({ filter, overrides, excludeAll }: WorkloadTools, path: Path): readonly Finding[] {
  if (excludeAll)
    return [
      ...(filter === undefined ? [] : [{ path: [...path, 'filter'], message: withExcludeAll('filter') }]),
      ...(overrides.size === 0
        ? []
        : [{ path: [...path, 'overrides'], message: withExcludeAll('overrides') }]),
    ];
  const renamed = new Map<string, string>();
  return [...overrides].flatMap(([tool, override]) => {
    const { name } = override;
    const place = [...path, 'overrides', tool];
    const findings: Finding[] = [];
    if (changesNothing(override))
      findings.push({
        path: place,
        message: 'This override changes nothing: give it a name, a description or annotations.',
      });
    if (filter?.includes(tool) === false)
      findings.push({
        path: place,
        message: `${tool} is not in the filter, so nobody would see the override.`,
      });
    const taken = name === undefined ? undefined : renamed.get(name);
    if (name !== undefined && taken !== undefined)
      findings.push({ path: [...place, 'name'], message: `${taken} is already renamed to ${name}.` });
    if (name !== undefined) renamed.set(name, tool);
    return findings;
  });
}

const withExcludeAll = (field: string): string => `${field} has no effect with excludeAll: true.`;

const changesNothing = ({ name, description, annotations = {} }: ToolOverride): boolean =>
  name === undefined && description === undefined && Object.keys(annotations).length === 0;

/** With `manual`, overrides are what keeps names apart: two of them must not lead to one name. */
function sharedNames({ conflictResolution, tools }: Aggregation): readonly Finding[] {
  if (conflictResolution !== 'manual') return [];
  const owners = new Map<string, string>();
  return tools.flatMap(({ workload, overrides }, index) =>
    [...overrides].flatMap(([tool, { name }]) => {
      if (name === undefined) return [];
      const owner = owners.get(name) ?? workload;
      owners.set(name, owner);
      return owner === workload
        ? []
        : [
            {
              path: [...HERE, 'tools', index, 'overrides', tool, 'name'],
              message: `A tool of ${owner} is already renamed to ${name}.`,
            },
          ];
    }),
  );
}

/** Places of texts that an earlier one equals. */
const repeatedIn = (texts: readonly string[]): readonly number[] =>
  texts.flatMap((text, index) => (texts.indexOf(text) < index ? [index] : []));
