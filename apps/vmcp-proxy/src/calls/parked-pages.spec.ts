import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { textOf } from '../client.fixture.js';
import { questionsIn, startParkedWorld, CALL, type ParkedWorld } from './parked.fixture.js';

let world: ParkedWorld;
let token: string;

beforeAll(async () => {
  world = await startParkedWorld();
});
beforeEach(async () => {
  token = await world.proxy.token();
});
afterAll(() => world.close());

const PAGE = { mode: 'url', url: 'https://example.com/connect', message: 'Connect.' };
const NEEDS_PAGE = {
  code: -32_042,
  message: 'a page',
  data: { elicitations: [{ ...PAGE, elicitationId: 'e' }] },
};
const answered = (action: string) => ({ ...CALL, inputResponses: { elicitation_1: { action } } });

test('error -32042 of a backend asks for its page, each time that the backend asks, and ends when it is done', async () => {
  const before = world.backend.callsOf('tools/call').length;
  for (const [params, isDone] of [
    [CALL, false],
    [answered('accept'), false],
    [answered('accept'), true],
  ] as const) {
    const calling = world.call(token, { params });
    const held = await world.next();
    expect(held.received.body['params']).toEqual({ name: 'echo', arguments: CALL.arguments });
    if (isDone) {
      held.finish();
      expect(textOf(await calling)).toBe('done');
    } else {
      held.fail(NEEDS_PAGE);
      expect((await calling).body.result).toEqual({
        resultType: 'input_required',
        inputRequests: { elicitation_1: { method: 'elicitation/create', params: PAGE } },
      });
    }
  }
  expect(world.backend.callsOf('tools/call').length).toBe(before + 3);
});

test.each(['decline', 'cancel'])(
  'a user who says no to the page (%s) is not asked again: nothing is sent',
  async (action) => {
    const first = world.call(token);
    (await world.next()).fail(NEEDS_PAGE);
    expect((await first).body.result).toMatchObject({ resultType: 'input_required' });
    const before = world.backend.received.length;
    const answer = await world.call(token, { params: answered(action) });
    expect(answer.body.result).toMatchObject({ isError: true, resultType: 'complete' });
    expect(textOf(answer)).toContain('Nothing was done');
    expect(world.backend.received.length).toBe(before);
  },
);

test('a call that was parked can end with such a page', async () => {
  const calling = world.call(token);
  const held = await world.next();
  held.say({ id: 1, method: 'roots/list' });
  const { state, keys } = questionsIn(await calling);
  held.fail(NEEDS_PAGE);
  const inputResponses = { [keys[0] ?? '']: { roots: [] } };
  const { result } = (await world.call(token, { params: { ...CALL, inputResponses, requestState: state } }))
    .body;
  expect(Object.keys(result?.['inputRequests'] ?? {})).toEqual(['elicitation_1']);
});
