import type { Cancellation } from './cancellation.js';

/** Waits. @throws {GatehouseError} why the call was cancelled meanwhile. */
export async function pause(ms: number, cancellation: Cancellation): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    cancellation.attach(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  if (cancellation.reason !== undefined) throw cancellation.reason;
}
