import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecentMap } from './recent-map.js';

const keysOf = (map: RecentMap<string, number>): readonly string[] => [...map.entries()].map(([key]) => key);

test('with no room left it forgets what was not asked for the longest', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect(map.get('b')).toBeUndefined();
  expect(map.get('a')).toBe(1);
  expect(map.size).toBe(2);
});

test('a look that does not count keeps nothing, and another value of a known key pushes nothing out', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.peek('a')).toBe(1);
  map.set('b', 3);
  expect(keysOf(map)).toEqual(['a', 'b']);
  map.set('c', 4);
  expect(map.peek('a')).toBeUndefined();
});

test('what is over is forgotten, and the rest keeps its order', () => {
  const map = new RecentMap<string, number>(4);
  for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3, d: 4 })) map.set(key, value);
  map.forget((value) => value % 2 === 0);
  expect(keysOf(map)).toEqual(['a', 'c']);
  map.set('b', 5);
  expect(map.get('b')).toBe(5);
  expect(keysOf(map)).toEqual(['a', 'c', 'b']);
});

test('whatever is done with it, it has what a plain list in the order of use has', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    fc.tuple(fc.constantFrom('get', 'peek', 'delete'), key),
    fc.tuple(fc.constant('set'), key),
    fc.constant(['clear', ''] as const),
  );
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 4 }), (steps, most) => {
      const map = new RecentMap<string, number>(most);
      let list: [string, number][] = [];
      let value = 0;
      for (const [what, name] of steps) {
        const known = list.find(([one]) => one === name);
        const others = list.filter(([one]) => one !== name);
        if (what === 'get') {
          expect(map.get(name)).toBe(known?.[1]);
          if (known !== undefined) list = [...others, known];
        } else if (what === 'peek') expect(map.peek(name)).toBe(known?.[1]);
        else if (what === 'delete') {
          map.delete(name);
          list = others;
        } else if (what === 'clear') {
          map.clear();
          list = [];
        } else {
          value += 1;
          map.set(name, value);
          list = [...others, [name, value] as [string, number]].slice(-most);
        }
        expect([...map.entries()]).toEqual(list);
      }
    }),
  );
});
