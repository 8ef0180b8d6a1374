import { Injectable } from '@nestjs/common';
import type { Bucket } from '@gatehouse/contracts/buckets';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { JetStreamApiError, jetstreamManager, type StreamAPI } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { BusConnection } from './bus-connection.js';
import { bucketName, bucketStream } from './subjects.js';

export interface StoredValue {
  readonly value: string;
  readonly revision: number;
}

/** JetStream error code: the expected last sequence is another one. */
const WRONG_LAST_SEQUENCE = 10_071;

/** One key-value bucket; every replica of the service sees the same. Methods throw `unavailable` when the bus does not answer. */
export class KeyValueBucket {
  constructor(
    private readonly bucket: KV,
    private readonly streams: () => Promise<StreamAPI>,
    private readonly name: { readonly stream: string; readonly keyPrefix: string },
  ) {}

  async get(key: string): Promise<StoredValue | undefined> {
    const entry = await orUnavailable(this.bucket.get(key));
    if (entry?.operation !== 'PUT') return undefined;
    return { value: entry.string(), revision: entry.revision };
  }

  /** @returns the revision that it is now at. */
  async put(key: string, value: string): Promise<number> {
    return await orUnavailable(this.bucket.put(key, value));
  }

  /** @returns false when the key exists already. */
  async create(key: string, value: string): Promise<boolean> {
    return await unlessOutrun(this.bucket.create(key, value));
  }

  /** @returns false when the entry is no longer at `revision`. */
  async update(key: string, value: string, revision: number): Promise<boolean> {
    return await unlessOutrun(this.bucket.update(key, value, revision));
  }

  async delete(key: string): Promise<void> {
    await orUnavailable(this.bucket.delete(key));
  }

  /** Erases this one revision without a marker, so that a bucket with short-lived entries stays small. */
  async erase(revision: number): Promise<void> {
    await orUnavailable(
      this.streams().then((streams) => streams.deleteMessage(this.name.stream, revision, false)),
    );
  }

  async keys(): Promise<readonly string[]> {
    const { stream, keyPrefix } = this.name;
    const info = await orUnavailable(
      this.streams().then((streams) => streams.info(stream, { subjects_filter: `${keyPrefix}>` })),
    );
    return Object.keys(info.state.subjects ?? {}).map((subject) => subject.slice(keyPrefix.length));
  }
}

@Injectable()
export class KeyValueBuckets {
  constructor(private readonly bus: BusConnection) {}

  /** The bucket that provisioning made. It is looked up when it is used, so it may be made later. */
  async open(bucket: Bucket): Promise<KeyValueBucket> {
    const { gatewayName } = this.bus.options;
    const name = bucketName(gatewayName, bucket);
    return new KeyValueBucket(
      await new Kvm(this.bus.connection).open(name),
      async () => (await jetstreamManager(this.bus.connection, { checkAPI: false })).streams,
      { stream: bucketStream(gatewayName, bucket), keyPrefix: `$KV.${name}.` },
    );
  }
}

async function unlessOutrun(write: Promise<number>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return false;
    throw new GatehouseError('unavailable', 'the key-value bucket does not answer', { cause: error });
  }
}

async function orUnavailable<Value>(operation: Promise<Value>): Promise<Value> {
  try {
    return await operation;
  } catch (cause) {
    throw new GatehouseError('unavailable', 'the key-value bucket does not answer', { cause });
  }
}
