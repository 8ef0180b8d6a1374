import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { keptStreams } from '@gatehouse/contracts/buckets';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { EventBus } from '@gatehouse/messaging/event-bus';
import type { KeyValueBuckets } from '@gatehouse/messaging/key-value';
import type { ReplicaMailbox } from '../mcp-sessions/replica-mailbox.js';
import { SessionBucket } from '../mcp-sessions/session-bucket.store.js';
import type { Log } from '@gatehouse/observability/log';
import { KeptStreams } from './kept-streams.store.js';
import { RetryHandovers } from './retry-handovers.flow.js';
import { ResumableStreams } from './resumable-streams.flow.js';
import { StreamHandovers } from './stream-handovers.flow.js';
import { StreamPost } from './stream-post.client.js';

/** What clients with sessions can get again of their streams: here, at another replica, and where that one left it. */
export interface Replays {
  readonly streams: ResumableStreams;
  readonly handovers: StreamHandovers;
  /** Of clients that come back for a call at another replica than the one where it waits. */
  readonly retries: RetryHandovers;
  readonly kept: KeptStreams;
  /** Resolves when what was handed to this replica is answered, and all is said to the others. */
  settled(): Promise<void>;
}

/** Who waits for a replica that died learns of it soon, whatever proxies on the way need. */
const MAX_SIGN_MS = 5 * SECOND_MS;

export function replaysOf(
  { resumption, streamKeepAliveMs }: Pick<VmcpProxyPart, 'resumption' | 'streamKeepAliveMs'>,
  {
    buckets,
    events,
    log,
  }: {
    readonly buckets: Pick<KeyValueBuckets, 'open'>;
    readonly events: Pick<EventBus, 'publish'>;
    readonly log: Pick<Log, 'failure'>;
  },
  mailbox: ReplicaMailbox,
): Replays {
  const kept = new KeptStreams(new SessionBucket(buckets, keptStreams), resumption.keepForMs);
  const streams = new ResumableStreams(mailbox.address, resumption, streamKeepAliveMs, {
    shared: kept,
    log,
  });
  const post = new StreamPost(events);
  const signMs = Math.min(streamKeepAliveMs, MAX_SIGN_MS);
  const retries = new RetryHandovers(post, mailbox.address, log, signMs);
  const handovers = new StreamHandovers(streams, post, mailbox, signMs, retries);
  const settled = async (): Promise<void> => {
    await retries.settled();
    await post.settled();
  };
  return { streams, handovers, retries, kept, settled };
}
