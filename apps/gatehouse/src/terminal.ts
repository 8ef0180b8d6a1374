import type { Environment } from './configuration.js';

export interface TextStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** What asks a program to stop: signals, `disconnect`, and `unread` when nobody reads any more what it prints. */
export interface StopSource {
  on(event: string, listener: () => void): unknown;
  /** To the program that started this one. */
  readonly channel?: { unref(): void } | undefined;
}

/** What a command has of the process that it runs in; `process` is one. */
export interface Terminal extends StopSource {
  /** Where a person answers; absent: nobody does. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Environment;
  /** Ends the process at once. */
  exit?(code: number): unknown;
}
