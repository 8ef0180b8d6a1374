import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { newAccountId, newSessionId, randomToken } from '@gatehouse/kernel/ids';
import fc from 'fast-check';
import { RotationWorld } from '../testing/rotation-world.js';
import { shareWorld } from '../testing/service-world.js';
import { RedeemRefreshToken } from './redeem-refresh-token.flow.js';
import type { PresentedToken } from './successor-seal.js';

let world: RotationWorld;

shareWorld(
  () => RotationWorld.start(),
  (started) => (world = started),
);

/** Somebody presents the token of a generation (counted from the newest), or ten seconds go by. */
type Step = { readonly present: number; readonly at: number } | 'time';

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ present: fc.integer({ min: 0, max: 3 }), at: fc.integer({ min: 0, max: 1 }) }),
    },
    { weight: 1, arbitrary: fc.constant<'time'>('time') },
  ),
  { minLength: 1, maxLength: 14 },
);

async function openSession(): Promise<Omit<PresentedToken, 'value'> & { readonly first: string }> {
  const [tsid, accountId, first] = [newSessionId(), newAccountId(), randomToken()];
  const { rows } = world.world;
  await rows.query({ name: 'account', text: 'insert into accounts (id) values ($1)', values: [accountId] });
  await rows.query({
    name: 'open',
    text: `insert into sessions (tsid, account_id, client_id, client_name, expires_at)
      values ($1, $2, 'client', 'name', now() + interval '1 hour')`,
    values: [tsid, accountId],
  });
  await rows.query({
    name: 'first',
    text: `insert into oidc_records (model, id, payload, grant_id, expires_at)
      values ('RefreshToken', $1, '{"kind": "RefreshToken"}', $2, now() + interval '1 hour')`,
    values: [sha256(first), tsid],
  });
  return { tsid, accountId, clientId: 'client', first };
}

/** The token was used just now, however slow the machine. */
const holdClock = async (value: string): Promise<unknown> =>
  await world.world.rows.query({
    name: 'hold',
    text: `update oidc_records set consumed_at = now() + interval '1 hour' where id = $1 and consumed_at is not null`,
    values: [sha256(value)],
  });

/** What the decision says, in a few lines: generations in order, and whether the last but one is still answered again. */
class Model {
  readonly #tokens: string[];
  #graceOver = true;
  #isOpen = true;

  constructor(first: string) {
    this.#tokens = [first];
  }

  token(age: number): string {
    return this.#tokens[Math.max(0, this.#tokens.length - 1 - age)] ?? '';
  }

  timePasses(): void {
    this.#graceOver = true;
  }

  /** @returns whether this is what has to be answered. */
  accepts(presented: string, answer: string | undefined): boolean {
    const age = this.#tokens.length - 1 - this.#tokens.indexOf(presented);
    if (!this.#isOpen) return answer === undefined;
    if (age === 0) {
      if (answer === undefined || this.#tokens.includes(answer)) return false;
      this.#tokens.push(answer);
      this.#graceOver = false;
      return true;
    }
    if (age === 1 && !this.#graceOver) return answer === this.token(0);
    this.#isOpen = false;
    return answer === undefined;
  }
}

const nothingToAsk = () => Promise.resolve();

test('in every order of uses and pauses, at two replicas: one line of successors, one answered again, then the end', async () => {
  const redeemers = [world.service, world.replica].map(({ app }) =>
    app.get(RedeemRefreshToken, { strict: false }),
  );
  await fc.assert(
    fc.asyncProperty(steps, async (walk: readonly Step[]) => {
      const { first, ...session } = await openSession();
      const model = new Model(first);
      for (const step of walk) {
        if (step === 'time') {
          await world.endGrace(session.tsid);
          model.timePasses();
          continue;
        }
        const value = model.token(step.present);
        const answer = await redeemers[step.at]?.redeem({ ...session, value }, nothingToAsk);
        expect(model.accepts(value, answer)).toBe(true);
        if (step.present === 0) await holdClock(value);
      }
    }),
    { numRuns: 60 },
  );
});
