import { setImmediate } from 'node:timers/promises';
import { plainReason } from './reason.js';

interface Printed extends NodeJS.EventEmitter {
  write(text: string, done?: () => void): unknown;
}

/** What the process that prints has to offer. */
interface Printing extends NodeJS.EventEmitter {
  readonly stdout: Printed;
  readonly stderr: Printed;
}

/**
 * Nobody reads any more what the process prints (`gatehouse sessions | head`), which is no error to speak of, or it cannot be written: then
 * it says so. What it prints from then on goes nowhere, and its work goes on to its end: half of a restore helps nobody. What runs until it
 * is stopped is told (`unread`).
 */
export function whenNotPrinted(process: Printing): { readonly hasFailed: () => boolean } {
  let hasFailed = false;
  const fail = (): void => {
    if (hasFailed) return;
    hasFailed = true;
    process.emit('unread');
  };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    drop(process.stdout);
    if (!hasFailed && error.code !== 'EPIPE')
      process.stderr.write(
        `\nWhat is printed cannot be written: ${plainReason(error)}. Send it elsewhere: > <file>\n`,
      );
    fail();
  });
  process.stderr.on('error', () => {
    // There is nowhere left to say anything.
    drop(process.stderr);
    fail();
  });
  return { hasFailed: () => hasFailed };
}

function drop(stream: Printed): void {
  stream.write = (_text, done) => {
    done?.();
    return true;
  };
}

/** Waits until what was printed is out, or it is known that it cannot be. */
export async function printed(stream: NodeJS.WritableStream): Promise<void> {
  await new Promise<void>((done) => {
    stream.write('', () => done());
  });
  // The error of a stream comes a moment after what its write was told.
  await setImmediate();
}
