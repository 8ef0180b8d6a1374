import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { OutgoingStrategy } from './strategy.js';

/** A backend, and what this service takes it for. */
export interface BoundBackend {
  readonly backend: string;
  readonly binding: string;
}

/** Vault and bridge look at their file as often as this service does. */
const WAIT_AT_MOST_MS = 5 * SECOND_MS;
const ASK_AGAIN_AFTER_MS = 200;

/**
 * After a change of the configuration the vault, or the bridge, may know a backend a moment later than this service, or for another
 * one. It gives and does nothing then, and is asked again for as long as a person waits anyway.
 */
export async function untilBothMeanTheSame<Given>(
  deadlineAtMs: number,
  ask: () => Promise<Given>,
): Promise<Given> {
  const untilMs = Math.min(Date.now() + WAIT_AT_MOST_MS, deadlineAtMs) - ASK_AGAIN_AFTER_MS;
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (GatehouseError.from(error).code !== 'configuration_differs' || Date.now() >= untilMs) throw error;
      await delay(ASK_AGAIN_AFTER_MS);
    }
}

/** The same for what a strategy asks of the vault. */
export function askedUntilBothMeanTheSame(strategy: OutgoingStrategy): OutgoingStrategy {
  if (strategy.kind === 'fixed') return strategy;
  return {
    ...strategy,
    ask: async (principal, refused, deadlineAtMs, tool) =>
      await untilBothMeanTheSame(deadlineAtMs, () => strategy.ask(principal, refused, deadlineAtMs, tool)),
  };
}
