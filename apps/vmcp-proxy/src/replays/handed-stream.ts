import { digest } from '@gatehouse/contracts/fields';
import { z } from 'zod';

const reader = z.uuid();

/** What replicas say to each other about a stream whose client reads it at another one than writes it; always sealed. */
export const handedStream = z.discriminatedUnion('said', [
  /** To the writer. `reader`: what it is called from now on, known to these two alone. */
  z.strictObject({
    said: z.literal('wanted'),
    reader,
    /** Of the one that wants it. */
    replica: digest,
    session: digest,
    kind: z.enum(['call', 'listen']),
    stream: z.uuid(),
    after: z.int().nonnegative(),
  }),
  /** To the writer: the client is still there, or not any more. */
  z.strictObject({ said: z.enum(['still', 'left']), reader }),
  /** To the reader: the next bytes, as latin1; `number`: how many of these came before. */
  z.strictObject({
    said: z.literal('sent'),
    reader,
    number: z.int().nonnegative(),
    text: z.string(),
    isLast: z.boolean(),
  }),
  /** To the reader: the events of a stream that it goes on with itself; absent: not all of them are known. */
  z.strictObject({ said: z.literal('given'), reader, events: z.array(z.string()).optional() }),
  /** To the reader. */
  z.strictObject({ said: z.literal('unknown'), reader }),
]);

export type HandedStream = z.output<typeof handedStream>;
export type Said<Word extends HandedStream['said']> = Extract<HandedStream, { said: Word }>;
