import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { eventId, placeIn, requestIn, requestPart, type EventPlace } from './event-id.js';
import { KeptEvents } from './kept-events.js';
import { openForSession, sealForSession } from './session-seal.js';

const anyPlace = fc.record<EventPlace>({
  kind: fc.constantFrom('call', 'listen'),
  replica: fc.stringMatching(/^[A-Za-z0-9_-]{43}$/),
  stream: fc.constant(randomUUID()),
  position: fc.nat(),
});
const lastPlace = anyPlace.map((one): EventPlace => ({ ...one, kind: 'call', isLast: true }));
const place = fc.oneof(anyPlace, lastPlace);
const anyId = fc.oneof(fc.string(), fc.integer(), fc.constant(1.5));

test('what is written as an event id is read as the same place, and fits into a header and an event', () => {
  fc.assert(
    fc.property(place, (one) => {
      const id = eventId(one);
      expect(placeIn(id)).toEqual(one);
      expect(id).toMatch(/^[\x21-\x7e]{1,200}$/);
    }),
  );
});

test('the request that a stream answers can be read from its event ids, unless its id is long', () => {
  fc.assert(
    fc.property(place, anyId, (one, request) => {
      const part = requestPart(request);
      const read = placeIn(eventId(part === undefined ? one : { ...one, request: part }));
      expect(read && requestIn(read)).toBe(part === undefined ? undefined : request);
      if (JSON.stringify(request).length < 16) expect(part).toBeDefined();
    }),
  );
  for (const request of ['!!', 'e30', 'bnVsbA', 'WzFd', '_____'])
    expect(requestIn({ request })).toBeUndefined();
});

test('nothing else is an event id, and no id has two spellings', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), place.map(eventId)),
      fc.nat(200),
      fc.string({ maxLength: 3 }),
      (id, at, put) => {
        const changed = id.slice(0, at) + put + id.slice(at + 1);
        const read = placeIn(changed);
        if (read !== undefined) expect(eventId(read)).toBe(changed);
      },
    ),
  );
});

/** What a stream with so much room gives after each position, against a list of everything that was ever sent. */
test('a client gets all that came after its place, in order, or hears that something is missing; never a part', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 2_000 }),
      fc.array(fc.nat(1_200), { maxLength: 30 }),
      (room, sizes) => {
        const kept = new KeptEvents(room);
        const all = sizes.map((size, index) => `${index}:`.padEnd(size + 1, 'x'));
        for (const text of all) {
          kept.next();
          kept.keep([Buffer.from(`id\n${text}`)], 3);
          expect(kept.bytes).toBeLessThanOrEqual(room);
        }
        for (let position = 0; position <= all.length; position += 1) {
          const after = kept.after(position);
          if (after?.isWhole === true)
            expect(after.events.map(({ text }) => text)).toEqual(all.slice(position));
        }
        expect(kept.after(all.length)).toEqual({ events: [], isWhole: true });
        expect(kept.after(all.length + 1)).toBeUndefined();
        const newest = all.at(-1);
        if (newest !== undefined && newest.length + 64 <= room)
          expect(kept.after(all.length - 1)).toEqual({
            events: [{ position: all.length, text: newest }],
            isWhole: true,
          });
      },
    ),
  );
});

test('what is sealed for one stream of one session opens for no other stream, no other session, and not changed', () => {
  const [one, other] = ['a'.repeat(43), 'b'.repeat(43)].map((id) => ({ id, digest: `digest of ${id}` }));
  if (one === undefined || other === undefined) throw new Error('two sessions');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, at) => {
      const sealed = sealForSession(one, 'stream', text);
      expect(openForSession(one, 'stream', sealed)).toBe(Buffer.from(text).toString());
      expect(openForSession(other, 'stream', sealed)).toBeUndefined();
      expect(openForSession({ ...other, id: one.id }, 'stream', sealed)).toBeUndefined();
      expect(openForSession({ ...one, id: other.id }, 'stream', sealed)).toBeUndefined();
      expect(openForSession(one, 'another', sealed)).toBeUndefined();
      const bytes = Buffer.from(sealed, 'base64url');
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      expect(openForSession(one, 'stream', bytes.toString('base64url'))).toBeUndefined();
      expect(openForSession(one, 'stream', '')).toBeUndefined();
    }),
  );
});
