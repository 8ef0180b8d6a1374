import { Injectable } from '@nestjs/common';
import { type Bucket, BUCKETS } from '@gatehouse/contracts/buckets';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { KIB } from '@gatehouse/kernel/sizes';
import { ClockSkews } from '@gatehouse/observability/clock-skews';
import { Metrics } from '@gatehouse/observability/metrics';
import { NeedsAction } from '@gatehouse/observability/needs-action';
import { Readiness } from '@gatehouse/observability/readiness';
import { z } from 'zod';
import { BusConnection } from './bus-connection.js';
import { madeAgain } from './made-again.js';
import { streamInfo, streamsOf } from './nats-accounts.js';
import { bucketStream, eventStream } from './subjects.js';

/** Name of the part that keeps the events of a service. */
export const EVENT_STREAM = 'event_stream';

const ANSWER_WITHIN_MS = 5_000;
/** JetStream error code: there is no such stream. */
const STREAM_NOT_FOUND = 10_059;

const streamInfoAnswer = z.looseObject({
  /** The server's clock; it says so since 2.10. */
  ts: z.string().optional(),
  error: z.looseObject({ err_code: z.number().optional() }).optional(),
  config: z.looseObject({ max_bytes: z.number(), discard: z.string().optional() }).optional(),
  state: z.looseObject({ bytes: z.number(), messages: z.number() }).optional(),
});

type StreamInfo = z.output<typeof streamInfoAnswer>;

/** A store that deletes nothing is full when less room than this is left. */
const ROOM_BYTES = 64 * KIB;

/**
 * Parts of a service's readiness: whether its stream and its buckets exist and answer. Each bucket is a part with its
 * own name. Their users look them up each time, so they work again as soon as provisioning has made them.
 */
@Injectable()
export class StoreWatch {
  readonly #gauges;

  constructor(
    private readonly bus: BusConnection,
    private readonly clocks: ClockSkews,
    readiness: Readiness,
    metrics: Metrics,
  ) {
    this.#gauges = {
      messages: metrics.gauge('bus_store_messages', 'Messages in a stream or bucket of the bus', ['store']),
      bytes: metrics.gauge('bus_store_bytes', 'Bytes in a stream or bucket of the bus', ['store']),
      limit: metrics.gauge('bus_store_limit_bytes', 'Bytes that a stream or bucket of the bus may have', [
        'store',
      ]),
    };
    const { service, gatewayName } = bus.options;
    if (streamsOf(service, gatewayName).includes(eventStream(gatewayName)))
      readiness.part(EVENT_STREAM, async () => await this.#look(EVENT_STREAM, eventStream(gatewayName)));
    for (const bucket of BUCKETS.filter(({ ownedBy }) => ownedBy === service))
      readiness.part(
        bucket.name,
        async () => await this.#look(bucket.name, bucketStream(gatewayName, bucket), bucket),
      );
  }

  async #look(store: string, stream: string, bucket?: Bucket): Promise<void> {
    const askedAtMs = Date.now();
    const answer = await this.bus.connection.request(streamInfo(stream), '', { timeout: ANSWER_WITHIN_MS });
    const { error, ts, config, state } = streamInfoAnswer.parse(answer.json());
    if (ts !== undefined)
      this.clocks.note('bus', { askedAtMs, answeredAtMs: Date.now(), theirsMs: Date.parse(ts) });
    if (error === undefined) {
      this.#measure(store, state, config);
      return;
    }
    // What it holds is measured when it is looked at next.
    if (error.err_code === STREAM_NOT_FOUND && bucket !== undefined && (await madeAgain(this.bus, bucket)))
      return;
    if (error.err_code === STREAM_NOT_FOUND)
      throw new NeedsAction(
        `there is no stream ${stream}`,
        'run `gatehouse migrate`: it makes the streams and buckets',
      );
    throw new GatehouseError('unavailable', `JetStream answers ${String(error.err_code)} about ${stream}`);
  }

  #measure(store: string, state: StreamInfo['state'], config: StreamInfo['config']): void {
    if (state === undefined || config === undefined) return;
    this.#gauges.messages.set({ store }, state.messages);
    this.#gauges.bytes.set({ store }, state.bytes);
    this.#gauges.limit.set({ store }, config.max_bytes);
    const isFull = config.max_bytes > 0 && config.max_bytes - state.bytes < ROOM_BYTES;
    if (isFull && config.discard === 'new')
      throw new NeedsAction(
        `${store} is full: ${state.bytes} of ${config.max_bytes} bytes`,
        'it takes no more until entries have had their time: docs/sizes.md',
      );
  }
}
