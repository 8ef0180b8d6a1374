import { BUCKETS } from '@gatehouse/contracts/buckets';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { MIB } from '@gatehouse/kernel/sizes';
import { jetstream, JetStreamApiError, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';
import { accessOptions, type BusAccess, PROVISIONING } from './bus-options.js';
import { makeBucket } from './made-again.js';
import { provisionedApi, streamsOf } from './nats-accounts.js';
import { bucketStream, eventStream, subjectPrefix } from './subjects.js';

const KEEP_EVENTS_MS = 7 * DAY_MS;
/** Events are history: the oldest make room for new ones. */
const KEEP_EVENTS_BYTES = 128 * MIB;
const CONNECT_TIMEOUT_MS = 10_000;
/** JetStream error code: there is no such stream. */
const STREAM_NOT_FOUND = 10_059;

export interface ProvisionOptions extends BusAccess {
  /** How many servers of the cluster hold each stream and bucket. */
  readonly streamReplicas: number;
}

/**
 * Makes the streams and buckets that the contracts name, each in its service's account, or brings them to today's
 * settings. Services can do neither, but for what is in memory (`made-again.ts`). Safe to run again.
 * @returns the names of those that were made or changed.
 * @throws {GatehouseError} `unavailable` when the bus cannot be reached or refuses.
 */
export async function provisionBus(options: ProvisionOptions): Promise<readonly string[]> {
  let connection: NatsConnection | undefined;
  try {
    connection = await connect({ ...accessOptions(options, PROVISIONING), timeout: CONNECT_TIMEOUT_MS });
    const changed: string[] = [];
    for (const service of SERVICES) changed.push(...(await provision(connection, service, options)));
    return changed;
  } catch (cause) {
    throw new GatehouseError('unavailable', `the bus was not provisioned: ${String(cause)}`, { cause });
  } finally {
    await connection?.close();
  }
}

async function provision(
  connection: NatsConnection,
  service: Service,
  { gatewayName, streamReplicas }: ProvisionOptions,
): Promise<readonly string[]> {
  const api = { apiPrefix: provisionedApi(service) };
  const manager = await jetstreamManager(connection, { ...api, checkAPI: false });
  const existing = async (stream: string): Promise<StreamConfig | undefined> => {
    try {
      return (await manager.streams.info(stream)).config;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
      throw error;
    }
  };
  const changed: string[] = [];
  const events = eventStream(gatewayName);
  if (streamsOf(service, gatewayName).includes(events)) {
    const wanted = {
      name: events,
      subjects: [`${subjectPrefix(gatewayName)}events.${service}.>`],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_age: nanos(KEEP_EVENTS_MS),
      max_bytes: KEEP_EVENTS_BYTES,
      discard: DiscardPolicy.Old,
      num_replicas: streamReplicas,
    };
    const found = await existing(events);
    if (found === undefined) await manager.streams.add(wanted);
    else if (!agrees(found, wanted)) await manager.streams.update(events, wanted);
    if (found === undefined || !agrees(found, wanted)) changed.push(`${service}/${events}`);
  }
  for (const bucket of BUCKETS.filter(({ ownedBy }) => ownedBy === service)) {
    const stream = bucketStream(gatewayName, bucket);
    const found = await existing(stream);
    // Reads go to the leader: a replica that is behind would not know a session that was just begun.
    const wanted = {
      max_age: nanos(bucket.ttlMs),
      max_bytes: bucket.maxBytes,
      discard: DiscardPolicy.New,
      num_replicas: streamReplicas,
      allow_direct: false,
    };
    if (found === undefined)
      await makeBucket(new Kvm(jetstream(connection, api)), gatewayName, bucket, streamReplicas);
    else if (!agrees(found, wanted)) await manager.streams.update(stream, wanted);
    if (found === undefined || !agrees(found, wanted)) changed.push(`${service}/${stream}`);
  }
  return changed;
}

/** Whether the stream has every wanted setting, and no source, mirror or republishing that we did not ask for. */
const agrees = (found: StreamConfig, wanted: Partial<StreamConfig>): boolean =>
  found.republish === undefined &&
  found.mirror === undefined &&
  (found.sources ?? []).length === 0 &&
  Object.entries(wanted).every(
    ([name, value]) => JSON.stringify(found[name as keyof StreamConfig]) === JSON.stringify(value),
  );
