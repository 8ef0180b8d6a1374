import type { ClusterObject, Condition, Status } from '../cluster/objects.js';
import type { Wanted } from './conditions.js';

/** What an object is to say: our conditions, and fields beside them. */
export interface WantedStatus {
  readonly conditions: readonly Wanted[];
  /** Types that are ours. One that is not wanted any more goes. */
  readonly ours: readonly string[];
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The status with what is wanted; `undefined` when the object says all of it. */
export function nextStatus(object: ClusterObject, wanted: WantedStatus, now: Date): Status | undefined {
  const before = object.status?.conditions ?? [];
  const generation = object.metadata.generation;
  const conditions = [
    ...before.filter(({ type }) => !wanted.ours.includes(type)),
    ...wanted.conditions.map((condition) => timed(condition, before, generation, now)),
  ];
  const next = {
    ...object.status,
    ...wanted.fields,
    ...(generation === undefined || wanted.conditions.length === 0 ? {} : { observedGeneration: generation }),
    conditions,
  };
  return JSON.stringify(sorted(next)) === JSON.stringify(sorted(object.status ?? {})) ? undefined : next;
}

/** It began when its status changed, not when its words did. */
function timed(
  wanted: Wanted,
  before: readonly Condition[],
  generation: number | undefined,
  now: Date,
): Condition {
  const known = before.find(({ type }) => type === wanted.type);
  return {
    ...wanted,
    lastTransitionTime:
      known?.status === wanted.status ? known.lastTransitionTime : now.toISOString().replace(/\.\d+Z$/, 'Z'),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

/** The API gives members in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

/** What is told as an event: that an object has become valid or wrong, or is wrong in another way. */
export interface Told {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

const MAX_EVENT_LENGTH = 1_000;

/** That the earlier configuration is kept follows from what is wrong, and is not told beside it. */
export function eventsOf(object: ClusterObject, wanted: WantedStatus): readonly Told[] {
  return wanted.conditions.flatMap((condition) => {
    const before = object.status?.conditions?.find(({ type }) => type === condition.type);
    const isNew = before?.status !== condition.status || before.message !== condition.message;
    const isTold =
      condition.type === 'Valid'
        ? condition.status === 'False' || before?.status === 'False'
        : condition.type === 'ConfigurationWritten' && condition.status === 'True';
    if (!isNew || !isTold) return [];
    return [
      {
        type: condition.status === 'True' ? 'Normal' : 'Warning',
        reason: condition.reason,
        message: condition.message.slice(0, MAX_EVENT_LENGTH),
      },
    ];
  });
}
