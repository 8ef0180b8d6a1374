import { type Bucket, BUCKETS } from '@gatehouse/contracts/buckets';
import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { BusConnection } from './bus-connection.js';
import { bucketName, bucketStream } from './subjects.js';

/** A service may not ask for the limits of its account. */
const UNCHECKED = { checkAPI: false };

/** Makes a bucket that is not there. Safe when another replica makes it at the same time. */
export async function makeBucket(
  buckets: Kvm,
  gatewayName: string,
  bucket: Bucket,
  replicas: number,
): Promise<void> {
  await buckets.create(bucketName(gatewayName, bucket), {
    ttl: bucket.ttlMs,
    max_bytes: bucket.maxBytes,
    history: 1,
    replicas,
    // Reads go to the leader: a replica that is behind would not know a session that was just begun.
    allow_direct: false,
    storage: bucket.storage === 'memory' ? StorageType.Memory : StorageType.File,
  });
}

/**
 * A bucket in memory ends with the server that holds it. Its owner makes it again, as wide as its buckets on disk, which are still
 * there. Where they are lost as well, somebody has to look at the bus: it is provisioned by hand.
 * @returns whether it is there again.
 */
export async function madeAgain(bus: BusConnection, bucket: Bucket): Promise<boolean> {
  if (bucket.storage !== 'memory') return false;
  const { service, gatewayName } = bus.options;
  const onDisk = BUCKETS.find(({ ownedBy, storage }) => ownedBy === service && storage === undefined);
  if (onDisk === undefined) return false;
  try {
    const { streams } = await jetstreamManager(bus.connection, UNCHECKED);
    const { config } = await streams.info(bucketStream(gatewayName, onDisk));
    await makeBucket(new Kvm(jetstream(bus.connection, UNCHECKED)), gatewayName, bucket, config.num_replicas);
    return true;
  } catch {
    // Not on disk either; or the accounts are those of a release that did not allow it.
    return false;
  }
}
