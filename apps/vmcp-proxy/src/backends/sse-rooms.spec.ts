import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SseRooms } from './sse-rooms.js';

const MOST = 100;
const MOST_OF_ONE = 25;
const steps = fc.array(
  fc.record({
    person: fc.constantFrom('a', 'b', 'c', 'd', 'e', undefined),
    bytes: fc.integer({ min: 1, max: 40 }),
  }),
  { maxLength: 40 },
);

test('attack: whatever some hold, who is within their share is refused only when all together hold the whole', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const rooms = new SseRooms(MOST, MOST_OF_ONE);
      const held = new Map<string | undefined, number>();
      for (const { person, bytes } of taken) {
        const own = (held.get(person) ?? 0) + bytes;
        const all = [...held.values()].reduce((sum, one) => sum + one, bytes);
        const room = rooms.of(person);
        expect(room.take(bytes)).toBe(own <= MOST_OF_ONE && all <= MOST);
        if (own <= MOST_OF_ONE && all <= MOST) held.set(person, own);
        else room.giveBack(bytes);
      }
    }),
  );
});

test('what is given back can be taken again, by the same person in another session', () => {
  const rooms = new SseRooms(MOST, MOST_OF_ONE);
  expect(rooms.of('a').take(MOST_OF_ONE)).toBe(true);
  rooms.of('a').giveBack(MOST_OF_ONE);
  expect(rooms.of('a').take(MOST_OF_ONE)).toBe(true);
});
