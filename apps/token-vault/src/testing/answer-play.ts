import type { SessionId } from '@gatehouse/kernel/ids';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SubjectTokens } from '../credentials/subject-tokens.flow.js';
import { answering, DEAD, OURS, PAGES, PASSING, UNCLEAR, type SaidByProvider } from './provider-answers.js';
import type { RefreshWorld } from './refresh-world.js';
import type { Misbehaviour } from './stub-provider.js';

/** What a play came to. All but `answers` and `lives` must stay 0. */
export interface Tally {
  /** Answers and faults of the token endpoint. */
  answers: number;
  /** Grants that were given, used and ended. */
  lives: number;
  /** The person has to sign in again although the provider would still renew their tokens. */
  grantsLost: number;
  /** "Try again" for a grant that is over, after the provider had said so as often as it takes. */
  falseTryAgain: number;
  /** A link to sign in again because of an outage, or of a fault of ours. */
  falsePrompts: number;
  /** What went wrong first, to be played again. */
  readonly first: string[];
}

interface Person {
  readonly tsid: string;
  readonly accountId: string;
}

/** Mulberry32: the same seed plays the same answers. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FAULTS: readonly (readonly [string, Misbehaviour])[] = [
  ['no answer', (request) => request.socket.destroy()],
  [
    'half an answer',
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '200' });
      response.write('{"access_token":"a","refresh_', () => response.destroy());
    },
  ],
  [
    'a page with 200',
    (_request, response) => response.writeHead(200).end('<!doctype html><title>Wi-Fi</title>'),
  ],
];

/**
 * A provider that answers refreshes at random, as providers are documented to word what they mean, and breaks off at random.
 * The play knows what the provider means; the vault only sees what it says.
 */
export class AnswerPlay {
  readonly tally: Tally = {
    answers: 0,
    lives: 0,
    grantsLost: 0,
    falseTryAgain: 0,
    falsePrompts: 0,
    first: [],
  };

  constructor(
    private readonly world: RefreshWorld,
    private readonly random: () => number,
  ) {}

  /** Plays lives of grants until there were so many answers. */
  async until(answers: number): Promise<Tally> {
    while (this.tally.answers < answers) await this.#life();
    return this.tally;
  }

  /** A grant lives through outages, and then ends. The person signs in again, and it works. */
  async #life(): Promise<void> {
    this.tally.lives += 1;
    const person = await this.world.expired(`person-${this.tally.lives}`);
    for (let step = 0; step < 3 + this.random() * 10; step += 1) await this.#step(person);
    await this.#end(person);
    this.world.stub.misbehave.clear();
    await this.world.client.signIn({ acme: this.world.as(`person-${this.tally.lives}`) }, person.accountId);
    await this.#renewed(person, 'after signing in again');
  }

  async #step(person: Person): Promise<void> {
    const kind = this.random();
    if (kind < 0.35) await this.#renewed(person, 'as usual');
    else if (kind < 0.42) await this.#keysAway(person);
    else if (kind < 0.5) {
      // A single refusal that says nothing ends nothing, if the provider then gives tokens.
      await this.#outage(person, this.#one(UNCLEAR));
      await this.#renewed(person, 'after one refusal');
    } else if (kind < 0.6) {
      const [name, fault] = this.#one(FAULTS);
      this.#answer(fault);
      this.#keeps(await this.#heard(person), name);
    } else await this.#outage(person, this.#one(this.#one([PASSING, PASSING, OURS, PAGES])));
  }

  async #outage(person: Person, said: SaidByProvider): Promise<void> {
    this.#answer(answering(this.#varied(said)));
    this.#keeps(await this.#heard(person), said.name);
  }

  /** The provider has ended the grant, and says so in its own way, with outages in between. */
  async #end(person: Person): Promise<void> {
    const isNamed = this.random() < 0.7;
    const way = this.#one(isNamed ? DEAD : UNCLEAR);
    const enough = isNamed ? 1 : 2;
    for (let refusals = 0; refusals < enough;) {
      const isAway = this.random() < 0.3;
      const said = isAway ? this.#one(PASSING) : way;
      if (!isAway) refusals += 1;
      this.#answer(answering(this.#varied(said)));
      const heard = await this.#heard(person);
      if (heard === 'reauth_required') {
        if (isAway) this.#wrong('falsePrompts', `${said.name} of a grant that is over`);
        return;
      }
      if (refusals === enough) this.#wrong('falseTryAgain', `${way.name}: ${heard}`);
    }
  }

  /** The provider gives new tokens, and its keys cannot be had. */
  async #keysAway(person: Person): Promise<void> {
    const { stub } = this.world;
    await stub.changeKey();
    stub.misbehave.set(
      'jwks',
      answering(this.#one([...PAGES, ...PASSING].filter(({ type }) => type === 'text/html'))),
    );
    this.#count();
    this.#keeps(await this.#heard(person), 'keys away');
    stub.misbehave.delete('jwks');
    await this.#renewed(person, 'keys back');
  }

  async #renewed(person: Person, when: string): Promise<void> {
    this.#count();
    const heard = await this.#heard(person);
    if (heard !== 'a token') this.#wrong('grantsLost', `${when}: ${heard}`);
  }

  #keeps(heard: string, said: string): void {
    if (heard === 'reauth_required') {
      this.#wrong('falsePrompts', said);
      this.tally.grantsLost += 1;
    }
  }

  #wrong(what: 'grantsLost' | 'falseTryAgain' | 'falsePrompts', how: string): void {
    this.tally[what] += 1;
    this.tally.first.push(`${what}: ${how}`);
  }

  /** Counts an answer that the stub gives as usual. */
  #count(): void {
    this.#answer(() => 'as-usual');
  }

  #answer(answer: Misbehaviour): void {
    this.world.stub.misbehave.set('token', async (request, response, form) => {
      if (form.get('grant_type') !== 'refresh_token') return 'as-usual';
      this.tally.answers += 1;
      return await answer(request, response, form);
    });
  }

  /** What a caller hears of any replica, with an expired token and no rest after the last failure. */
  async #heard({ tsid, accountId }: Person): Promise<string> {
    await this.world.expire(accountId);
    await this.world.wakeUp(accountId);
    const subjects = this.#one(this.world.vault.replicas).get(SubjectTokens);
    try {
      const { connection } = await subjects.bound(tsid as SessionId, 'acme');
      await subjects.tokens(connection);
      return 'a token';
    } catch (error) {
      if (error instanceof GatehouseError) return error.code;
      throw error;
    }
  }

  /** The same meaning with members in another order, and others beside them. */
  #varied(said: SaidByProvider): SaidByProvider {
    if (!said.body.startsWith('{')) return said;
    const members = Object.entries(JSON.parse(said.body) as object);
    const noise = [
      ['trace_id', String(this.random())],
      ['timestamp', Math.floor(this.random() * 1e12)],
      ['refresh_token', null],
    ].filter(() => this.random() < 0.3);
    const shuffled = [...members, ...noise].sort(() => this.random() - 0.5);
    return {
      ...said,
      body: JSON.stringify(Object.fromEntries(shuffled), undefined, this.random() < 0.5 ? 0 : 2),
    };
  }

  #one<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.random() * values.length)];
    if (value === undefined) throw new Error('nothing to choose from');
    return value;
  }
}
