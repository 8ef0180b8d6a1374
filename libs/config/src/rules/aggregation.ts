import type { WorkloadTools } from '../model/aggregation.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

/** The conflict resolution has the fields that it needs, and every entry for tools has an effect. */
export const aggregation: Rule = ({
  aggregation: { conflictResolution, conflictResolutionConfig, tools },
}) => {
  const config: Path = ['aggregation', 'conflictResolutionConfig'];
  const findings: Finding[] = [];
  if (conflictResolution === 'priority' && conflictResolutionConfig.priorityOrder.length === 0)
    findings.push({
      path: [...config, 'priorityOrder'],
      message: 'conflictResolution: priority needs the order of the backends.',
    });
  if (conflictResolution !== 'priority' && conflictResolutionConfig.priorityOrder.length > 0)
    findings.push({
      path: [...config, 'priorityOrder'],
      message: `priorityOrder has no effect with conflictResolution: ${conflictResolution}.`,
    });
  if (conflictResolution === 'prefix' && !conflictResolutionConfig.prefixFormat.includes('{workload}'))
    findings.push({
      path: [...config, 'prefixFormat'],
      message: 'Without {workload} all backends have the same prefix, and equal tool names collide.',
      instead: "'{workload}_'",
    });
  if (conflictResolution === 'manual' && tools.length === 0)
    findings.push({
      path: ['aggregation', 'tools'],
      message: 'conflictResolution: manual needs the tools that it chooses among.',
    });
  return [
    ...findings,
    ...tools.flatMap((entry, index) => toolFindings(entry, ['aggregation', 'tools', index])),
  ];
};

function toolFindings({ filter, overrides }: WorkloadTools, path: Path): readonly Finding[] {
  const renamed = new Map<string, string>();
  return [...overrides].flatMap(([tool, { name, description }]) => {
    const place = [...path, 'overrides', tool];
    const findings: Finding[] = [];
    if (name === undefined && description === undefined)
      findings.push({
        path: place,
        message: 'This override changes nothing: give it a name or a description.',
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
