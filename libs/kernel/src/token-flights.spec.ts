import { expect, test } from '@jest/globals';
import { GatehouseError } from './gatehouse-error.js';
import { Secret } from './secret.js';
import { TokenFlights } from './token-flights.js';

const as = (token: string) => ({ token: new Secret(token) });

/** The first run fails like this once all have joined it. */
async function joined(code: 'token_invalid' | 'unavailable', tokens: readonly string[]) {
  const flights = new TokenFlights<string, string>();
  const ran: string[] = [];
  let land = (): void => undefined;
  const held = new Promise<void>((resolve) => (land = resolve));
  const outcomes = tokens.map(
    async (token) =>
      await flights
        .run('key', as(token), async () => {
          ran.push(token);
          await held;
          if (token.startsWith('ended')) throw new GatehouseError(code);
          return token;
        })
        .catch((error: unknown) => GatehouseError.from(error).code),
  );
  land();
  return { outcomes: await Promise.all(outcomes), ran };
}

test('whoever joined a run of another token, which had ended, has one of its own; all of one token share it', async () => {
  const { outcomes, ran } = await joined('token_invalid', ['ended', 'ended', 'next', 'next']);
  expect(outcomes).toEqual(['token_invalid', 'token_invalid', 'next', 'next']);
  expect(ran).toEqual(['ended', 'next']);
});

test('it is run once more for tokens that all have ended, and no more often', async () => {
  const { outcomes, ran } = await joined('token_invalid', ['ended', 'ended 2', 'ended 3']);
  expect(outcomes).toEqual(['token_invalid', 'token_invalid', 'token_invalid']);
  expect(ran).toEqual(['ended', 'ended 2']);
});

test('any other failure, and what came of it, is everybody’s', async () => {
  expect(await joined('unavailable', ['ended', 'next'])).toEqual({
    outcomes: ['unavailable', 'unavailable'],
    ran: ['ended'],
  });
  expect(await joined('token_invalid', ['good', 'next'])).toEqual({
    outcomes: ['good', 'good'],
    ran: ['good'],
  });
});

test('what runs when a drop comes is joined by nobody, and knows it', async () => {
  const flights = new TokenFlights<string, boolean>();
  let land = (): void => undefined;
  const held = new Promise<void>((resolve) => (land = resolve));
  const run = async (): Promise<boolean> =>
    await flights.run('key', as('token'), async (flight) => {
      await held;
      return flight.isDropped;
    });
  const before = run();
  flights.drop(['key']);
  const after = run();
  land();
  expect(await Promise.all([before, after])).toEqual([true, false]);
});
