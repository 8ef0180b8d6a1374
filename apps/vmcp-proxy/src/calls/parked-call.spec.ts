import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { wholeScope } from '../catalog/aggregation.fixture.js';
import { RawJson } from '../json/raw-json.js';
import type { Pieces } from '../json/held-value.js';
import { EVENT_STREAM_TYPE, JSON_TYPE, type Answer } from '../mcp/answer.js';
import type { JsonObject } from '../mcp/message.js';
import { ParkedStates } from '../refusals/parked-state.js';
import { BytesInFlight } from './bytes-in-flight.js';
import type { Call } from './call.js';
import { responseText } from './message-gate.js';
import type { ParkedCall } from './parked-call.flow.js';
import { PARKING_LIMITS, ParkedCalls } from './parked-calls.flow.js';

beforeAll(() => void jest.useFakeTimers());
afterAll(() => void jest.useRealTimers());

const PRINCIPAL = { issuer: 'i', subject: 's', clientId: 'c', scopes: new Set<string>(), key: 'k' };
const ROOM_BYTES = 1_048_576;

/** One request of the client, and what it got. */
function request(params: JsonObject = {}) {
  const got = { responses: 0, text: '', gone: (): void => undefined, closed: (): void => undefined };
  let begun = false;
  const take = (body: Pieces | string | Buffer): void =>
    void (got.text += [body].flat().map(String).join(''));
  const answer: Answer = {
    isLive: true,
    get begun() {
      return begun;
    },
    get isEventStream() {
      return begun;
    },
    whole: (_status, _type, body) => {
      take(body);
      got.responses += 1;
    },
    pieces: (_status, _type, body) => {
      take(body);
      got.responses += 1;
    },
    empty: () => undefined,
    begin: () => void (begun = true),
    write: (chunk) => {
      take(chunk);
      return true;
    },
    message: (text) => {
      take(text);
      return true;
    },
    lastMessage: (text) => {
      take(text);
      got.responses += 1;
      return true;
    },
    end: () => void (got.responses += 1),
    breakOff: () => undefined,
    onDrain: () => undefined,
    onClosed: (callback) => (got.closed = callback),
    onGone: (callback) => (got.gone = callback),
  };
  const json = RawJson.read(Buffer.from(JSON.stringify({ name: 'n', ...params }))).object();
  if (json === undefined) throw new Error('no object');
  const call: Call = {
    target: { kind: 'tool', name: 'n', renamed: (of) => of },
    principal: PRINCIPAL,
    scope: wholeScope(['one']),
    client: { era: 'modern', envelope: { capabilities: { roots: {} } } },
    message: { kind: 'request', id: 1, method: 'tools/call', params: json },
    headers: {},
    answer,
  };
  const asked = (): { readonly state: string; readonly keys: readonly string[] } | undefined => {
    const found = /\{"resultType":"input_required".*\}/.exec(got.text)?.[0];
    if (found === undefined) return undefined;
    const result = JSON.parse(found.slice(0, -1)) as JsonObject;
    return { state: String(result['requestState']), keys: Object.keys(result['inputRequests'] ?? {}) };
  };
  return { call, got, asked };
}

/** One call, with everything around it, and a backend whose messages are given by hand. */
function parkedCall(limits = PARKING_LIMITS) {
  const bytes = new BytesInFlight(ROOM_BYTES);
  const calls = new ParkedCalls(new ParkedStates('r', 600_000), bytes, new SilentLog(), limits);
  const begin = (call: Call): ParkedCall => {
    const parked = calls.begin(call, 'b');
    if (parked === undefined) throw new Error('it cannot be parked');
    return parked;
  };
  const first = request();
  const parked = begin(first.call);
  const backend: PromiseWithResolvers<void> = Promise.withResolvers();
  const answered: string[] = [];
  const refused: string[] = [];
  const open = new Set<string>();
  const settled: Promise<unknown>[] = [];
  const run = async (): Promise<void> => {
    parked.answer.onGone(() => parked.cancellation.cancel(GONE));
    parked.cancellation.attach(backend.reject);
    parked.answer.begin(200, EVENT_STREAM_TYPE);
    await backend.promise;
    await parked.handedOver();
  };
  settled.push(parked.run(run).catch((error: unknown) => error));
  return {
    first,
    parked,
    calls,
    bytes,
    begin,
    answered,
    open,
    settled,
    refused,
    ask: (isBeside = false): void => {
      const key = parked.ask({
        method: 'roots/list',
        params: Buffer.from('{}'),
        answer: () => {
          if (key === undefined) return;
          answered.push(key);
          open.delete(key);
        },
        takenBack: () => void open.delete(key ?? ''),
        isBeside,
        refuse: () => {
          refused.push(key ?? '');
          open.delete(key ?? '');
        },
      });
      if (key !== undefined) open.add(key);
    },
    finish: (): void => {
      const text = responseText(1, { member: 'result', value: ['"done"'] });
      if (parked.isParked) parked.keep(10, () => ({ kind: 'response', text, errorCode: undefined }));
      else {
        for (const piece of text) parked.answer.write(piece);
        parked.answer.end();
      }
      backend.resolve();
    },
    comeBack: (state: string, inputResponses: JsonObject) => {
      const next = request({ inputResponses, requestState: state });
      const back = calls.comingBack(next.call);
      if (back?.kind === 'parked')
        settled.push(back.parked.resume(next.call).catch((error: unknown) => error));
      return { ...next, kind: back?.kind };
    },
  };
}

const GONE = new GatehouseError('deadline_exceeded', 'gone');
const settle = async (): Promise<void> => await jest.advanceTimersByTimeAsync(50);

const action = fc.oneof(
  fc.record({ kind: fc.constant('ask' as const), isBeside: fc.boolean() }),
  fc.constant({ kind: 'takeBack' as const }),
  fc.constant({ kind: 'time' as const }),
  fc.record({ kind: fc.constant('comeBack' as const), answers: fc.nat(3) }),
  fc.constant({ kind: 'replay' as const }),
);

test('whatever a backend asks and takes back, and however a client comes back: each request has one response, each question one answer at most, and everything is given back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 15 }), async (actions) => {
      const world = parkedCall({ ...PARKING_LIMITS, mostOfOne: 1 });
      const requests: { readonly got: { readonly responses: number } }[] = [world.first];
      const used: string[] = [];
      const beside = new Set<string>();
      let newest: ReturnType<typeof request> = world.first;
      const comeBack = (mostAnswers: number): void => {
        const asked = newest.asked();
        if (asked === undefined) return;
        const responses = Object.fromEntries(asked.keys.slice(0, mostAnswers).map((key) => [key, {}]));
        const next = world.comeBack(asked.state, responses);
        expect(next.kind).toBe('parked');
        used.push(asked.state);
        requests.push(next);
        newest = next;
      };
      for (const one of actions) {
        if (one.kind === 'ask') {
          const before = new Set(world.open);
          world.ask(one.isBeside);
          const [asked] = [...world.open].filter((key) => !before.has(key));
          if (one.isBeside && asked !== undefined) beside.add(asked);
        } else if (one.kind === 'takeBack')
          [...world.open].slice(0, 1).forEach((key) => world.parked.takeBack(key));
        else if (one.kind === 'time') await settle();
        else if (one.kind === 'comeBack') comeBack(one.answers);
        else for (const state of used) expect(world.comeBack(state, {}).kind).toBe('refused');
        expect(world.parked.isParked).toBe(newest.got.responses === 1);
      }
      world.finish();
      await settle();
      if (newest.asked() !== undefined && !newest.got.text.includes('done')) comeBack(9);
      await settle();
      await Promise.all(world.settled);
      expect(requests.map(({ got }) => got.responses)).toEqual(requests.map(() => 1));
      expect(newest.got.text).toContain('"done"');
      const told = [...world.answered, ...world.refused];
      expect(new Set(told).size).toBe(told.length);
      // What another call may wait for was answered, refused or taken back, whatever became of this one.
      expect([...world.open].filter((key) => beside.has(key))).toEqual([]);
      expect(world.refused.filter((key) => !beside.has(key))).toEqual([]);
      for (const state of used) expect(world.comeBack(state, {}).kind).toBe('refused');
      // Neither a place nor bytes are left behind.
      expect(world.bytes.hold(JSON.stringify(['i', 's'])).hasRoomFor(ROOM_BYTES)).toBe(true);
      expect(world.calls.enter(world.begin(request().call))).toBe(true);
    }),
  );
});

test('a client that is gone before it has the questions ends the call; one that has them does not', async () => {
  const left = parkedCall();
  left.ask();
  left.first.got.gone();
  await settle();
  expect(await left.settled[0]).toBeInstanceOf(Error);
  const kept = parkedCall();
  kept.ask();
  await settle();
  kept.first.got.closed();
  expect(kept.parked.isParked).toBe(true);
  const { state, keys } = kept.first.asked() ?? { state: '', keys: [] };
  expect(kept.comeBack(state, { [keys[0] ?? '']: {} }).kind).toBe('parked');
  kept.finish();
  await Promise.all(kept.settled);
});

test('what is asked and what is kept has to find room among what is kept for its person', async () => {
  const world = parkedCall();
  const other = world.bytes.hold(JSON.stringify(['i', 's']));
  other.take(ROOM_BYTES);
  world.ask();
  expect(world.open.size).toBe(0);
  other.giveBack();
  world.ask();
  await settle();
  expect(world.parked.isParked).toBe(true);
  world.parked.keep(2 * ROOM_BYTES, () => ({ kind: 'answered' }));
  await settle();
  expect(world.comeBack(world.first.asked()?.state ?? '', {}).kind).toBe('refused');
});

test('a stop ends what is parked, and nothing is parked after it', async () => {
  const world = parkedCall();
  world.ask();
  await settle();
  await world.calls.stop();
  expect(world.comeBack(world.first.asked()?.state ?? '', {}).kind).toBe('refused');
  expect(world.calls.enter(world.begin(request().call))).toBe(false);
});

test('there is a bound for everybody together', () => {
  const { calls, begin } = parkedCall({ ...PARKING_LIMITS, most: 2 });
  const enter = (): boolean => calls.enter(begin(request().call));
  expect([enter(), enter(), enter()]).toEqual([true, true, false]);
});

test('a text that is whole at once has the type of one', async () => {
  const world = parkedCall();
  world.ask();
  await settle();
  const types: string[] = [];
  const next = request({ requestState: world.first.asked()?.state });
  const pieces: Answer['pieces'] = (_status, type) => void types.push(type);
  const back = world.calls.comingBack(next.call);
  if (back?.kind !== 'parked') throw new Error('not parked');
  world.finish();
  await back.parked.resume({ ...next.call, answer: { ...next.call.answer, pieces } });
  expect(types).toEqual([JSON_TYPE]);
});
