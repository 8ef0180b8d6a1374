import { BEAT_MS } from './lease.js';

/**
 * Renews a lease again and again while the work is under way.
 * @param beat one renewal; the next one waits for it. It does not throw.
 * @returns a function that stops the renewals, and waits for the one under way.
 */
export function keepBeating(beat: () => Promise<void>): () => Promise<void> {
  let beating: Promise<void> = Promise.resolve();
  let isBeating = false;
  const timer = setInterval(() => {
    if (isBeating) return;
    isBeating = true;
    beating = beat().finally(() => {
      isBeating = false;
    });
  }, BEAT_MS);
  return async () => {
    clearInterval(timer);
    await beating;
  };
}

/** Whether the work succeeds within one beat. */
export async function succeeds(work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), BEAT_MS);
  });
  const done = work.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
