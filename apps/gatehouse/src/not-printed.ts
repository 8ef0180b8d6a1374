import { setImmediate } from 'node:timers/promises';
import { EXIT_CODES } from './cannot.js';
import { plainReason } from './reason.js';

/** What the process that prints has to offer. */
interface Printing {
  readonly stdout: NodeJS.EventEmitter;
  readonly stderr: NodeJS.EventEmitter & { write(text: string): unknown };
  listenerCount(event: string): number;
  emit(event: 'SIGTERM'): boolean;
  exit(code: number): unknown;
}

/**
 * Ends the process when nobody reads any more what it prints (`gatehouse sessions | head`), which is no error to speak of, or when it
 * cannot be written: then it says so. What runs until it is stopped is stopped.
 */
export function whenNotPrinted(process: Printing): void {
  let hasEnded = false;
  const end = (error: NodeJS.ErrnoException): void => {
    if (hasEnded) return;
    hasEnded = true;
    if (error.code !== 'EPIPE')
      process.stderr.write(
        `\nWhat is printed cannot be written: ${plainReason(error)}. Send it elsewhere: > <file>\n`,
      );
    if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM');
    else process.exit(EXIT_CODES.notPrinted);
  };
  process.stdout.on('error', end);
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    // There is nowhere left to say anything.
    if (!hasEnded) end(Object.assign(error, { code: 'EPIPE' }));
  });
}

/** Waits until what was printed is out, or it is known that it cannot be. */
export async function printed(stream: NodeJS.WritableStream): Promise<void> {
  await new Promise<void>((done) => {
    stream.write('', () => done());
  });
  // The error of a stream comes a moment after what its write was told.
  await setImmediate();
}
