import { Injectable } from '@nestjs/common';
import { BUCKETS } from '@gatehouse/contracts/buckets';
import { EVENTS } from '@gatehouse/contracts/table';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { ClockSkews } from '@gatehouse/observability/clock-skews';
import { NeedsAction } from '@gatehouse/observability/needs-action';
import { Readiness } from '@gatehouse/observability/readiness';
import { z } from 'zod';
import { BusConnection } from './bus-connection.js';
import { streamInfo } from './nats-accounts.js';
import { bucketStream, eventStream } from './subjects.js';

/** Name of the part that keeps the events which a service tells. */
export const EVENT_STREAM = 'event_stream';

const ANSWER_WITHIN_MS = 5_000;
/** JetStream error code: there is no such stream. */
const STREAM_NOT_FOUND = 10_059;

const streamInfoAnswer = z.looseObject({
  /** The server's clock; it says so since 2.10. */
  ts: z.string().optional(),
  error: z.looseObject({ err_code: z.number().optional() }).optional(),
});

/**
 * Whether the stream and the buckets of a service are there and answer, as parts of its readiness; a bucket goes by its
 * own name. Whoever uses them looks them up each time, so that they work again as soon as provisioning has made them.
 */
@Injectable()
export class StoreWatch {
  constructor(
    private readonly bus: BusConnection,
    private readonly clocks: ClockSkews,
    readiness: Readiness,
  ) {
    const { service, gatewayName } = bus.options;
    if (EVENTS.some(({ publishedBy }) => publishedBy === service))
      readiness.part(EVENT_STREAM, async () => await this.#look(eventStream(gatewayName)));
    for (const bucket of BUCKETS.filter(({ ownedBy }) => ownedBy === service))
      readiness.part(bucket.name, async () => await this.#look(bucketStream(gatewayName, bucket)));
  }

  async #look(stream: string): Promise<void> {
    const askedAtMs = Date.now();
    const answer = await this.bus.connection.request(streamInfo(stream), '', { timeout: ANSWER_WITHIN_MS });
    const { error, ts } = streamInfoAnswer.parse(answer.json());
    if (ts !== undefined)
      this.clocks.note('bus', { askedAtMs, answeredAtMs: Date.now(), theirsMs: Date.parse(ts) });
    if (error === undefined) return;
    if (error.err_code === STREAM_NOT_FOUND)
      throw new NeedsAction(
        `there is no stream ${stream}`,
        'run `gatehouse migrate`: it makes the streams and buckets',
      );
    throw new GatehouseError('unavailable', `JetStream answers ${String(error.err_code)} about ${stream}`);
  }
}
