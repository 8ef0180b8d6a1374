import type { Readable, Writable } from 'node:stream';

const LINE_FEED = 0x0a;
/** No line of ours is as long; what is longer is cut into lines. */
const MAX_LINE_BYTES = 1_048_576;

/**
 * Brings what several processes write into one stream, in whole lines: two processes that write to one pipe cut each other's
 * lines wherever one is longer than the system writes at once (`PIPE_BUF`).
 */
export class WholeLines {
  readonly #paused = new Set<Readable>();

  constructor(private readonly to: Writable) {
    const goOn = (): void => {
      for (const from of this.#paused) from.resume();
      this.#paused.clear();
    };
    to.on('drain', goOn);
    // Its reader is gone, or its disk is full: that ends neither this process nor the writers, which would wait for ever. Who
    // has to know asks for it (`Log.onReaderGone`).
    to.on('error', goOn);
  }

  /** A reader that is late holds up whoever writes, who leaves lines out if need be (`audit-log.ts`). */
  from(source: Readable): void {
    let rest: Buffer[] = [];
    let restBytes = 0;
    const keep = (part: Buffer): void => {
      rest = part.length === 0 ? [] : [part];
      restBytes = part.length;
    };
    source.on('data', (chunk: Buffer) => {
      const end = chunk.lastIndexOf(LINE_FEED) + 1;
      if (end > 0) {
        this.#write(source, Buffer.concat([...rest, chunk.subarray(0, end)]));
        keep(chunk.subarray(end));
      } else {
        rest.push(chunk);
        restBytes += chunk.length;
      }
      if (restBytes <= MAX_LINE_BYTES) return;
      this.#write(source, endedLine(rest));
      keep(Buffer.alloc(0));
    });
    source.once('end', () => {
      // Its last line, cut by the end of the process.
      if (restBytes > 0) this.#write(source, endedLine(rest));
      this.#paused.delete(source);
    });
  }

  #write(source: Readable, lines: Buffer): void {
    if (this.to.write(lines)) return;
    source.pause();
    this.#paused.add(source);
  }
}

const endedLine = (parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, Buffer.from('\n')]);
