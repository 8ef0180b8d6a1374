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
  /** To the replica where a call waits for answers of its client: the request that brings them, as it came. */
  z.strictObject({
    said: z.literal('retried'),
    reader,
    /** Of the one to which it came. */
    replica: digest,
    /** Of the endpoint. */
    place: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
    /** Thumbprint of the certificate that came with it, where its token is bound to one. */
    certificate: z.string().optional(),
  }),
  /** To the reader of the answer to that, before anything of its body. */
  z.strictObject({
    said: z.literal('begun'),
    reader,
    status: z.int(),
    /** Absent: there is no body. */
    contentType: z.string().optional(),
    headers: z.record(z.string(), z.string()),
  }),
  /** To the reader: the answer broke off. */
  z.strictObject({ said: z.literal('broken'), reader }),
]);

export type HandedStream = z.output<typeof handedStream>;
export type Said<Word extends HandedStream['said']> = Extract<HandedStream, { said: Word }>;
