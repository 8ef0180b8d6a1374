import { sha256 } from '@gatehouse/kernel/digest';
import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import { z } from 'zod';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { EventPlace } from './event-id.js';
import type { ResumableStream, StreamRecord } from './resumable-stream.js';
import { openForSession, sealForSession } from './session-seal.js';

const storedRecord = z.strictObject({
  replica: z.string(),
  newest: z.number(),
  lostUpTo: z.number(),
  events: z.array(z.tuple([z.number(), z.string()])),
  isOver: z.boolean(),
  notKept: z.string(),
  replicaGone: z.string(),
  keptUntilMs: z.number(),
});

/**
 * Streams in the replicas' common bucket, for when the one that wrote them is gone. They are sealed with a key that comes from
 * the id of their session, which the client brings and nobody stores: who reads the bucket reads nothing.
 */
export class KeptStreams {
  constructor(
    private readonly bucket: Pick<KeyValueBucket, 'get' | 'put'>,
    private readonly keepForMs: number,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Never fails: what is not here is still at the replica that writes it. */
  async write(stream: ResumableStream): Promise<void> {
    const { record, id, facts } = stream;
    if (record === undefined) return;
    const stored: z.input<typeof storedRecord> = {
      ...record,
      events: record.events.map(({ position, text }) => [position, text]),
      keptUntilMs: this.nowMs() + this.keepForMs,
    };
    try {
      await this.bucket.put(sha256(id), sealForSession(facts.session, id, JSON.stringify(stored)));
    } catch {
      // The bus is away, or the bucket is full: its readiness says so.
    }
  }

  /** The stream of that place, if it is one of that session. @throws {GatehouseError} `unavailable` */
  async read(session: McpSession, { replica, stream }: EventPlace): Promise<StreamRecord | undefined> {
    const entry = await this.bucket.get(sha256(stream));
    const text = entry === undefined ? undefined : openForSession(session, stream, entry.value);
    const read = text === undefined ? undefined : storedRecord.safeParse(JSON.parse(text)).data;
    if (read?.replica !== replica || read.keptUntilMs <= this.nowMs()) return undefined;
    const { newest, lostUpTo, isOver, notKept, replicaGone } = read;
    const events = read.events.map(([position, event]) => ({ position, text: event }));
    return { replica, newest, lostUpTo, events, isOver, notKept, replicaGone };
  }
}
