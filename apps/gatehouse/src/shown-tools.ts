import type { Aggregation } from '@gatehouse/config/model/aggregation';

/** Whether aggregation lets clients see a tool. @param tool as the backend calls it */
export function isShown(
  { excludeAllTools, defaultToolVisibility, tools }: Aggregation,
  backend: string,
  tool: string,
): boolean {
  if (excludeAllTools) return false;
  const entry = tools.find(({ workload }) => workload === backend);
  if (entry === undefined) return defaultToolVisibility === 'allow';
  return !entry.excludeAll && (entry.filter === undefined || entry.filter.includes(tool));
}
