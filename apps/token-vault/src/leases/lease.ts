/** Renewed while its holder works; whoever comes after a dead holder waits no longer than this. By Postgres' clock. */
export const LEASE_MS = 2_500;

/** Three beats fit into a lease, so that one lost message does not end it. */
export const BEAT_MS = 700;

/**
 * Renews a lease again and again while the work that it is for is under way.
 * @param beat one renewal; the next one waits for it. It does not throw.
 * @returns ends the renewing, and waits for the renewal that is under way.
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

/** Whether it did, within one beat. */
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
