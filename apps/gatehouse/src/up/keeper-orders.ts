/** The order of stopping: all processes of one phase have ended before the next phase begins. Data stores stop last. */
export type StopPhase = 1 | 2 | 3;

/** What `gatehouse up` tells the keeper, one per line. */
export type KeeperOrder =
  | {
      readonly kind: 'keep';
      readonly pid: number;
      readonly signal: 'SIGTERM' | 'SIGINT';
      readonly phase: StopPhase;
    }
  | { readonly kind: 'forget'; readonly pid: number }
  /** Stop everything now, as when the starter has died. */
  | { readonly kind: 'stop' }
  /** Nobody wants to wait any longer: kill what is left. */
  | { readonly kind: 'hurry' };

export const renderOrder = (order: KeeperOrder): string => `${JSON.stringify(order)}\n`;

/** Reads one line; a line that is no order gives `undefined`, because nothing may end the keeper. */
export function parseOrder(line: string): KeeperOrder | undefined {
  try {
    const { kind, pid, signal, phase } = JSON.parse(line) as Partial<Record<string, unknown>>;
    if (kind === 'stop' || kind === 'hurry') return { kind };
    // Zero and negative numbers would mean whole process groups of others.
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1) return undefined;
    if (kind === 'forget') return { kind, pid };
    if (kind !== 'keep' || (signal !== 'SIGTERM' && signal !== 'SIGINT')) return undefined;
    return phase === 1 || phase === 2 || phase === 3 ? { kind, pid, signal, phase } : undefined;
  } catch {
    return undefined;
  }
}
