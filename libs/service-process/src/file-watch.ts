import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@gatehouse/kernel/durations';

const LOOK_EVERY_MS = SECOND_MS;

/** By path: tells one content from another without reading it. */
export type FileStates = ReadonlyMap<string, string>;

export async function fileStates(paths: Iterable<string>): Promise<FileStates> {
  const looks = [...new Set(paths)].map(async (path) => [path, await stateOf(path)] as const);
  return new Map(await Promise.all(looks));
}

/**
 * Tells when files have become others. It looks at what each path leads to now, so that it sees a file that was written to, one
 * that was put in the place of another (editors), and one that a link leads elsewhere to (Kubernetes). Systems that tell of
 * changes do so for the file that was there, not on every file system, and only a limited number of them.
 */
export class FileWatch {
  readonly #stop = new AbortController();
  #known: FileStates = new Map();

  constructor(
    private readonly paths: () => Iterable<string>,
    private readonly changed: () => void,
    private readonly everyMs: number = LOOK_EVERY_MS,
  ) {}

  /** @param seen how files were when they were read, if they may have changed since. */
  async start(seen: FileStates = new Map()): Promise<void> {
    const now = await fileStates(this.paths());
    this.#known = new Map([...now, ...seen]);
    void this.#run(now);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(first: FileStates): Promise<void> {
    let before = first;
    while (await this.#pause()) {
      const now = await fileStates(this.paths());
      // One that is being written is looked at when nobody writes to it any more.
      const isSettled = isSame(now, before);
      before = now;
      if (!isSettled || isSame(now, this.#known)) continue;
      const isChanged = [...now].some(([path, is]) => (this.#known.get(path) ?? is) !== is);
      this.#known = now;
      if (isChanged) this.changed();
    }
  }

  async #pause(): Promise<boolean> {
    const options = { signal: this.#stop.signal, ref: false };
    return await delay(this.everyMs, true, options).catch(() => false);
  }
}

const isSame = (one: FileStates, other: FileStates): boolean =>
  one.size === other.size && [...one].every(([path, is]) => other.get(path) === is);

async function stateOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'none';
  }
}
