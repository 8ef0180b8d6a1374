import type { Program } from '@gatehouse/testing/program';
import { until } from '@gatehouse/testing/until';

/** Any free port of this machine's own. */
export const DEBUGGABLE = ['--inspect-port=127.0.0.1:0'] as const;

const MIB = 1_048_576;
const DEBUGGER = /Debugger listening on (ws:\/\/\S+)/g;
/** Only a program that hangs does not answer. */
const WITHIN_MS = 60_000;

interface HeapUsage {
  readonly usedSize: number;
  /** Of buffers, which are beside the heap. */
  readonly backingStorageSize?: number;
}

/**
 * What the process still needs when everything else is collected, in MiB. Resident memory says less: V8 lets garbage lie for a quarter of
 * an hour where there is room. Over the inspector, which is closed again.
 * @param program was started with {@link DEBUGGABLE}
 * @returns `undefined` when it does not answer
 */
export async function liveHeapMiB(program: Program): Promise<number | undefined> {
  if (program.pid === undefined) return undefined;
  const before = urlsIn(program).length;
  try {
    process.kill(program.pid, 'SIGUSR1');
    await until(() => urlsIn(program).length > before);
    return await collected(urlsIn(program).at(-1) ?? '');
  } catch {
    return undefined;
  }
}

const urlsIn = ({ output }: Program): readonly string[] =>
  [...output.matchAll(DEBUGGER)].map(([, url = '']) => url);

async function collected(url: string): Promise<number> {
  const socket = new WebSocket(url);
  const timer = setTimeout(() => socket.close(), WITHIN_MS);
  try {
    await event(socket, 'open');
    await ask(socket, 1, 'HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize = 0 } = (await ask(
      socket,
      2,
      'Runtime.getHeapUsage',
    )) as unknown as HeapUsage;
    socket.send(
      JSON.stringify({
        id: 3,
        method: 'Runtime.evaluate',
        params: { expression: 'process._debugEnd()' },
      }),
    );
    return (usedSize + backingStorageSize) / MIB;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function event(socket: WebSocket, name: 'open' | 'message'): Promise<Event> {
  return await new Promise((resolve, reject) => {
    socket.addEventListener(name, resolve, { once: true });
    for (const over of ['close', 'error'] as const)
      socket.addEventListener(over, () => reject(new Error('the inspector is gone')), { once: true });
  });
}

async function ask(socket: WebSocket, id: number, method: string): Promise<object> {
  socket.send(JSON.stringify({ id, method }));
  for (;;) {
    const { data } = (await event(socket, 'message')) as unknown as { readonly data: string };
    const answer = JSON.parse(data) as { readonly id?: number; readonly result?: object };
    if (answer.id === id) return answer.result ?? {};
  }
}
