import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { RawJson } from '../json/raw-json.js';
import { ParkedStates, type AskedRequest } from './parked-state.js';

const REQUEST: AskedRequest = {
  principalKey: 'p',
  endpoint: '/views/v',
  method: 'tools/call',
  name: 'n',
  digest: 'd',
};
const PLACE = { callId: 'c', round: 1 };
const states = (now = { ms: 1_000 }) => new ParkedStates('replica', 600_000, () => now.ms);

test('what was sealed opens for the same request, and names its replica', () => {
  const at = states();
  fc.assert(
    fc.property(fc.uuid(), fc.nat(), fc.string(), fc.string(), (callId, round, principalKey, name) => {
      const request = { ...REQUEST, principalKey, name };
      const state = at.seal({ callId, round }, request);
      expect(state).toMatch(/^gh2\.replica\.[\w-]+$/);
      expect(at.open(state, request)).toEqual({ kind: 'place', place: { callId, round } });
    }),
  );
});

test('a state of another person, endpoint, method, name or parameters does not open', () => {
  const at = states();
  const state = at.seal(PLACE, REQUEST);
  for (const other of Object.keys(REQUEST))
    expect(at.open(state, { ...REQUEST, [other]: 'x' })).toEqual({ kind: 'foreign' });
  expect(at.open(state, { ...REQUEST, principalKey: 'pt', method: 'ools/call' })).toEqual({
    kind: 'foreign',
  });
});

test('a tampered state does not open, whatever was changed', () => {
  const at = states();
  const state = at.seal(PLACE, REQUEST);
  const from = 'gh2.replica.'.length;
  fc.assert(
    fc.property(
      fc.integer({ min: from, max: state.length - 1 }),
      fc.string({ minLength: 1, maxLength: 2 }),
      (index, put) => {
        const changed = state.slice(0, index) + put + state.slice(index + 1);
        if (changed !== state) expect(at.open(changed, REQUEST).kind).toBe('foreign');
      },
    ),
  );
  for (const changed of [
    state.slice(0, -1),
    `${state}A`,
    `${state}.`,
    `${state}=`,
    'gh2.replica.',
    'gh2..',
    'gh2',
  ])
    expect(at.open(changed, REQUEST)).toEqual({ kind: 'foreign' });
});

test('a state of another replica is nothing that opens here, even under this one’s name', () => {
  const other = new ParkedStates('other', 600_000);
  expect(states().open(other.seal(PLACE, REQUEST), REQUEST)).toEqual({ kind: 'elsewhere', replica: 'other' });
  const forged = other.seal(PLACE, REQUEST).replace('other', 'replica');
  expect(states().open(forged, REQUEST)).toEqual({ kind: 'foreign' });
  expect(states().open(states().seal(PLACE, REQUEST), REQUEST)).toEqual({ kind: 'foreign' });
});

test('an old state does not open any more', () => {
  const now = { ms: 1_000 };
  const at = states(now);
  const state = at.seal(PLACE, REQUEST);
  now.ms += 599_999;
  expect(at.open(state, REQUEST).kind).toBe('place');
  now.ms += 1;
  expect(at.open(state, REQUEST)).toEqual({ kind: 'expired' });
});

test('states of backends are left to them, and one of ours is found however it is escaped or filled up', () => {
  const found = (written: string) =>
    states().ownIn(RawJson.read(Buffer.from(`{"requestState":${written}}`)).object() ?? never());
  expect(found('"gh2.a.b"')).toBe('gh2.a.b');
  expect(found('"g\\u00682.a.b"')).toBe('gh2.a.b');
  expect(found(JSON.stringify(`gh2.a.${'b'.repeat(1_000)}`))).toBeDefined();
  for (const written of [
    '"gh1.a.b"',
    '"gh2"',
    '"backend"',
    '7',
    '{"gh2.":1}',
    JSON.stringify('b'.repeat(100_000)),
  ])
    expect(found(written)).toBeUndefined();
});

function never(): never {
  throw new Error('no object');
}
