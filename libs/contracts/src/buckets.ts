import { DAY_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { MIB } from '@gatehouse/kernel/sizes';
import type { Service } from '@gatehouse/kernel/services';

/** A key-value bucket in JetStream. It lives in its service's own NATS account: no other service can name it. */
export interface Bucket {
  readonly name: string;
  readonly ownedBy: Service;
  /** An entry vanishes this long after it was last written. */
  readonly ttlMs: number;
  /** A full bucket refuses writes and loses nothing that it holds. */
  readonly maxBytes: number;
  /** Its owner may also list the keys and erase entries without a trace. */
  readonly swept: boolean;
  /** Absent: on disk. */
  readonly storage?: 'memory';
}

/** Sessions of legacy MCP clients (`Mcp-Session-Id`), shared by the proxy's replicas. */
export const mcpSessions: Bucket = {
  name: 'mcp_sessions',
  ownedBy: 'vmcp-proxy',
  ttlMs: DAY_MS,
  // Some 400,000 sessions a day.
  maxBytes: 256 * MIB,
  swept: false,
};

/** Tokens of rate limits, shared by the proxy's replicas. What has not been touched for a day is full again. */
export const rateLimits: Bucket = {
  name: 'rate_limits',
  ownedBy: 'vmcp-proxy',
  ttlMs: DAY_MS,
  // Some 400,000 persons, clients and tools that are counted apart.
  maxBytes: 64 * MIB,
  swept: false,
};

/**
 * Event streams of legacy MCP clients, sealed, for when the replica that wrote one is gone and its client comes back. Results
 * of tools are people's own: they never reach a disk.
 */
export const keptStreams: Bucket = {
  name: 'kept_streams',
  ownedBy: 'vmcp-proxy',
  // The longest that `resumption.keepFor` can be, and a minute.
  ttlMs: 11 * MINUTE_MS,
  maxBytes: 64 * MIB,
  swept: false,
  storage: 'memory',
};

/**
 * Keys under which the proxy's replicas seal the ids of tasks, one for each week. What was sealed under a key that has vanished
 * is not known any more.
 */
export const taskKeys: Bucket = {
  name: 'task_keys',
  ownedBy: 'vmcp-proxy',
  ttlMs: 30 * DAY_MS,
  // A key takes some hundred bytes.
  maxBytes: MIB,
  swept: false,
};

/**
 * Proofs of possession that the proxy's replicas have taken (RFC 9449, section 11.1), by a hash of each: none is taken twice while it
 * is new. Only who holds a bound token and its key writes here. A full bucket lets no such caller in.
 */
export const dpopProofs: Bucket = {
  name: 'dpop_proofs',
  ownedBy: 'vmcp-proxy',
  // A proof is new for a minute by a clock that may be a minute ahead, and then a minute.
  ttlMs: 3 * MINUTE_MS,
  // Some 300,000 in that time, 1,700 in a second.
  maxBytes: 64 * MIB,
  swept: false,
  storage: 'memory',
};

/**
 * Answers of providers that Postgres does not have yet, sealed, by connection: the only copy of a refresh token that was
 * just rotated must not depend on one place.
 */
export const refreshAnswers: Bucket = {
  name: 'refresh_answers',
  ownedBy: 'token-vault',
  ttlMs: 30 * DAY_MS,
  // It holds only what the database has not stored yet.
  maxBytes: 64 * MIB,
  swept: true,
};

export const BUCKETS: readonly Bucket[] = [
  mcpSessions,
  keptStreams,
  rateLimits,
  taskKeys,
  dpopProofs,
  refreshAnswers,
];
