import { connect, type NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { accessOptions, inboxPrefix, type BusOptions } from './bus-options.js';
import { streamInfo, streamsOf } from './nats-accounts.js';

/**
 * What keeps a service from using the bus. `refused`: its user or password. `permissions`: it is another user, or may not do
 * what the contracts say. `jetstream`: nothing answers for streams. `streams`: some of its streams and buckets are missing.
 */
export interface BusTrouble {
  readonly kind: 'unreachable' | 'refused' | 'permissions' | 'jetstream' | 'streams';
  readonly evidence: string;
}

/** JetStream error code: there is no such stream. */
const STREAM_NOT_FOUND = 10_059;
const answer = z.looseObject({ error: z.looseObject({ err_code: z.number().optional() }).optional() });

/**
 * Looks at the bus as one service sees it, and changes nothing.
 * @param withinMs for each answer
 */
export async function busTroubles(options: BusOptions, withinMs: number): Promise<readonly BusTrouble[]> {
  let connection: NatsConnection;
  try {
    connection = await connect({
      ...accessOptions(options, options.service),
      timeout: withinMs,
      reconnect: false,
      maxReconnectAttempts: 0,
    });
  } catch (error) {
    const name = error instanceof Error ? error.name : 'error';
    const refused = name === 'AuthorizationError' || name === 'UserAuthenticationExpiredError';
    return [{ kind: refused ? 'refused' : 'unreachable', evidence: name }];
  }
  try {
    return (await permissions(connection, options)) ?? (await streams(connection, options, withinMs));
  } finally {
    await connection.close().catch(() => undefined);
  }
}

/** Only the user of a service may hear at its inbox. */
async function permissions(
  connection: NatsConnection,
  { service }: BusOptions,
): Promise<readonly BusTrouble[] | undefined> {
  let refused: Error | undefined;
  const subject = `${inboxPrefix(service)}.doctor`;
  const heard = connection.subscribe(subject, {
    callback: (error) => {
      refused ??= error ?? undefined;
    },
  });
  await connection.flush();
  heard.unsubscribe();
  return refused === undefined
    ? undefined
    : [{ kind: 'permissions', evidence: `it may not subscribe to ${inboxPrefix(service)}.>` }];
}

async function streams(
  connection: NatsConnection,
  { service, gatewayName }: BusOptions,
  withinMs: number,
): Promise<readonly BusTrouble[]> {
  const missing: string[] = [];
  for (const stream of streamsOf(service, gatewayName)) {
    try {
      const reply = await connection.request(streamInfo(stream), '', { timeout: withinMs });
      const { error } = answer.parse(reply.json());
      if (error?.err_code === STREAM_NOT_FOUND) missing.push(stream);
      else if (error !== undefined)
        return [{ kind: 'jetstream', evidence: `error ${String(error.err_code)} about ${stream}` }];
    } catch (error) {
      return [{ kind: 'jetstream', evidence: error instanceof Error ? error.name : 'no answer' }];
    }
  }
  return missing.length === 0 ? [] : [{ kind: 'streams', evidence: missing.join(', ') }];
}
