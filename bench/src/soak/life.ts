import { setTimeout as pause } from 'node:timers/promises';
import type { Exchange, Message } from '@gatehouse/testing/mcp-exchange';
import { SpreadClient, type Era } from '@gatehouse/testing/spread-client';
import type { Ledger } from './ledger.js';
import { ANSWERED_WITHIN_MS, BEGIN_WITHIN_MS, OPTIONS } from './options.js';
import { WORKS } from './asked.js';
import { Failed, kindOf, resultOf } from './outcomes.js';
import type { Person } from './person.js';
import { WATCHED } from './said-by-backend.js';

const COMES_BACK_AFTER_MS = 1_000;
/** What clients wait for at most who cannot begin: twice as long after each failure. */
const COMES_BACK_WITHIN_MS = 30_000;
const LOOKS_EVERY_MS = 500;
/** A client does each of its works once at this share of the pace: what that fills is full before memory is compared. */
const FIRST_ROUND_PACE = 0.1;
/** Until everybody has begun and has done each of its works, and half as long again. */
export const ALL_HAVE_WORKED_MS =
  BEGIN_WITHIN_MS +
  1.5 * FIRST_ROUND_PACE * OPTIONS.paceMs * Math.max(...Object.values(WORKS).map(({ length }) => length));

const isUpdate = ({ method }: Message): boolean => method === 'notifications/resources/updated';

/** One client of a person: it works without a break, listens meanwhile, and begins anew when it has to. */
export class Life {
  /** Its own: a signal looks through all of its listeners at each new one, and everybody pauses twice a second. */
  private readonly stop: AbortSignal;

  constructor(
    private readonly mcpUrl: string,
    private readonly person: Person,
    private readonly era: Era,
    private readonly ledger: Ledger,
    stopOfAll: AbortSignal,
  ) {
    this.stop = AbortSignal.any([stopOfAll]);
  }

  async live(): Promise<void> {
    const goesOn = (): boolean => !this.stop.aborted;
    await this.#pause(Math.random() * BEGIN_WITHIN_MS);
    let comesBackAfterMs = COMES_BACK_AFTER_MS;
    for (let turn = 0; goesOn();) {
      const client = await this.#begin();
      if (client === undefined) {
        await this.#pause(comesBackAfterMs * (0.5 + Math.random()));
        comesBackAfterMs = Math.min(2 * comesBackAfterMs, COMES_BACK_WITHIN_MS);
        continue;
      }
      comesBackAfterMs = COMES_BACK_AFTER_MS;
      const over = new AbortController();
      const listening = this.#listen(client, over.signal);
      while (goesOn() && !over.signal.aborted) {
        const [what, work] = WORKS[this.era][turn % WORKS[this.era].length] ?? ['', undefined];
        turn += 1;
        const outcome = await this.ledger.attempt(`${what} (${this.era})`, async () => {
          await work?.({ client, login: this.person.login });
        });
        if (outcome === 'sign in') await this.person.signInAgain(this.mcpUrl, this.stop);
        if (outcome === 'sign in' || outcome === 'session gone') over.abort();
        const pace = turn < WORKS[this.era].length ? FIRST_ROUND_PACE : 1;
        await this.#pause(pace * OPTIONS.paceMs * (0.5 + Math.random()));
      }
      over.abort();
      await listening;
      client.leave();
      await client.end().catch(() => undefined);
    }
  }

  async #begin(): Promise<SpreadClient | undefined> {
    const { person } = this;
    const spread = {
      urls: [this.mcpUrl],
      withinMs: ANSWERED_WITHIN_MS,
      get accessToken() {
        return person.accessToken;
      },
    };
    const client = new SpreadClient(this.era, spread);
    const outcome = await this.ledger.attempt(`beginning (${this.era})`, async () => {
      await client.connect();
      if (this.era === 'legacy' && client.sessionId === '') throw new Failed('try again', 'no session');
    });
    return outcome === 'right' ? client : undefined;
  }

  /** Listens to updates of a resource, and comes back when the stream breaks. */
  async #listen(client: SpreadClient, over: AbortSignal): Promise<void> {
    let lastEventId: string | undefined;
    let isSubscribed = this.era === 'modern';
    while (!over.aborted && !this.stop.aborted) {
      let stream: Exchange | undefined;
      await this.ledger.attempt(`listening (${this.era})`, async () => {
        stream =
          this.era === 'legacy'
            ? client.listen(0, lastEventId)
            : client.subscribe(0, { resourceSubscriptions: [WATCHED], toolsListChanged: true });
        const status = await stream.begun();
        // 400 and 204: that event is not known any more, or was the last.
        if (status === 400 || status === 204) lastEventId = undefined;
        else if (status !== 200) throw new Failed(kindOf(status, ''), `${status} ${stream.failure}`);
      });
      isSubscribed ||=
        (await this.ledger.attempt('resources/subscribe', async () => {
          const asked = client.request(0, 'resources/subscribe', { uri: WATCHED });
          resultOf(await asked.response(), asked.status);
        })) === 'right';
      if (stream !== undefined) lastEventId = (await this.#hear(stream, over)) || lastEventId;
      await this.#pause(COMES_BACK_AFTER_MS);
    }
  }

  /** Until the stream breaks, or nobody wants it any more. @returns its last event. */
  async #hear(stream: Exchange, over: AbortSignal): Promise<string> {
    while (!stream.isOver && !over.aborted && !this.stop.aborted) {
      await this.#pause(LOOKS_EVERY_MS);
      // What was counted is let go, so that nothing grows here.
      this.ledger.updates += stream.messages.splice(0).filter(isUpdate).length;
    }
    if (!stream.isOver) stream.breakOff();
    return stream.lastEventId;
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stop }).catch(() => undefined);
  }
}
