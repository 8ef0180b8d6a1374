import { pathToFileURL } from 'node:url';
import type { Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';

/** Of Node, for a program whose live heap is asked for. */
export const TELLS_LIVE_HEAP = [
  '--expose-gc',
  `--import=${pathToFileURL(inRepository('bench/dist/soak/live-heap-probe.js')).href}`,
] as const;

const MIB = 1_048_576;
const TOLD = /live heap: (\d+) bytes/g;

/**
 * What the process still needs when everything else is collected, in MiB. Resident memory says less: V8 lets garbage lie for a quarter of
 * an hour where there is room.
 * @param program was started with {@link TELLS_LIVE_HEAP}
 * @returns `undefined` when it does not answer
 */
export async function liveHeapMiB(program: Program): Promise<number | undefined> {
  if (program.pid === undefined) return undefined;
  const before = toldBy(program).length;
  try {
    process.kill(program.pid, 'SIGUSR2');
    await until(() => toldBy(program).length > before);
    return (toldBy(program).at(-1) ?? 0) / MIB;
  } catch {
    return undefined;
  }
}

const toldBy = ({ output }: Program): readonly number[] =>
  [...output.matchAll(TOLD)].map(([, bytes]) => Number(bytes));
