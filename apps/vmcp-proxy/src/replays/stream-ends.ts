import type { Answer } from '../mcp/answer.js';

/** Who reads a stream at the moment: an HTTP response here, or one at another replica. */
export interface StreamReader extends Pick<
  Answer,
  'begin' | 'write' | 'end' | 'breakOff' | 'onDrain' | 'onGone' | 'onClosed'
> {
  /** No connection here waits for it when this replica stops. */
  readonly isElsewhere?: true;
}

/** Who writes the stream. */
export interface StreamWriter {
  /** What was written has been read, or nobody reads: more may come. */
  drained(): void;
  /** Nobody comes back for it. */
  gone(): void;
  /** Nothing of it is to be sent any more. */
  closed(): void;
}

export const NOBODY: StreamWriter = {
  drained: () => undefined,
  gone: () => undefined,
  closed: () => undefined,
};
