import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { KnownEras, type Era, type Spoken } from './known-eras.js';

const era = fc.constantFrom<Era>('modern', 'legacy');
const event = fc.oneof(
  fc.record({
    kind: fc.constant('found' as const),
    spoken: fc.constantFrom<Spoken>(
      { kind: 'modern' },
      { kind: 'stateless', version: '2025-11-25' },
      { kind: 'sessions', version: '2025-06-18' },
    ),
  }),
  fc.record({ kind: fc.constant('missing' as const), era, isClear: fc.boolean() }),
  fc.record({ kind: fc.constant('forget' as const), era }),
  fc.record({ kind: fc.constant('later' as const), ms: fc.nat({ max: 1_200_000 }) }),
);

const eraOf = ({ kind }: Spoken): Era => (kind === 'modern' ? 'modern' : 'legacy');

test('whatever was found out in whatever order, an absent era is never chosen, and a spoken one never needs asking', () => {
  fc.assert(
    fc.property(fc.array(event), era, fc.boolean(), (events, wanted, canBeAsked) => {
      let nowMs = 0;
      const eras = new KnownEras(() => nowMs);
      const last: Record<Era, 'spoken' | 'absent' | 'unknown'> = { modern: 'unknown', legacy: 'unknown' };
      for (const one of events) {
        if (one.kind === 'later') nowMs += one.ms;
        else if (one.kind === 'found') {
          eras.found('b', one.spoken);
          last[eraOf(one.spoken)] = 'spoken';
        } else {
          if (one.kind === 'missing') eras.missing('b', one.era, one.isClear);
          else eras.forget('b', one.era);
          last[one.era] = one.kind === 'missing' ? 'absent' : 'unknown';
        }
      }
      const other = wanted === 'modern' ? 'legacy' : 'modern';
      const choice = eras.choice('b', wanted, canBeAsked);
      if (choice === undefined)
        expect(last[wanted] === 'unknown' || (last[wanted] === 'absent' && last[other] !== 'spoken')).toBe(
          true,
        );
      else expect(last[eraOf(choice)]).toBe('spoken');
      if (last[wanted] === 'spoken' && !canBeAsked) expect(choice && eraOf(choice)).toBe(wanted);
      expect([...eras.inOrder('b', wanted)].sort()).toEqual(['legacy', 'modern']);
      // Nobody asks twice within a minute.
      eras.isDue('b', wanted);
      expect(eras.isDue('b', wanted)).toBe(false);
    }),
  );
});
