import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstTextOf, valueAt } from './answer-fields.js';

describe('a field of an answer', () => {
  test.each([
    ['a name', { gid: '42' }, 'gid', '42'],
    ['a path', { data: { gid: '42' } }, 'data.gid', '42'],
    ['a path through a list', { emails: [{ value: 'a@b.example' }] }, 'emails.0.value', 'a@b.example'],
    ['a name with periods, which a path could mean too', { 'a.b': 'name', a: { b: 'path' } }, 'a.b', 'name'],
    ['a whole number', { data: { id: 7 } }, 'data.id', '7'],
    ['two that identify together', { team: { id: 'T1' }, user: { id: 'U1' } }, 'team.id+user.id', 'T1:U1'],
    ['a name with a plus sign', { 'a+b': 'x', a: '1', b: '2' }, 'a+b', 'x'],
  ])('%s', (_what, answer, field, expected) => {
    expect(firstTextOf(answer, [field])).toBe(expected);
  });

  test.each([
    ['what is not there', { data: {} }, 'data.gid'],
    ['a part of two that is not there', { team: { id: 'T1' } }, 'team.id+user.id'],
    ['what every object has (prototype)', {}, 'constructor.name'],
    ['what every text has', { name: 'x' }, 'name.length'],
    ['what every list has', { emails: ['a@b.example'] }, 'emails.length'],
    ['null, an empty text, a list and an object', { a: null, b: '', c: ['x'], d: {} }, 'a'],
    ['a number that is not whole', { a: 1.5 }, 'a'],
  ])('%s is nothing', (_what, answer, field) => {
    expect(firstTextOf(answer, [field])).toBeUndefined();
  });

  test('the first that is there wins', () => {
    expect(firstTextOf({ b: '', c: 'c', d: 'd' }, ['a', 'b', 'c', 'd'])).toBe('c');
  });
});

test('two persons never get one joint subject, whatever their ids hold', () => {
  const id = fc.string({ unit: fc.constantFrom(':', '\\', 'a', '+'), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.tuple(id, id), fc.tuple(id, id), ([a, b], [c, d]) => {
      fc.pre(a !== c || b !== d);
      expect(firstTextOf({ x: a, y: b }, ['x+y'])).not.toBe(firstTextOf({ x: c, y: d }, ['x+y']));
    }),
  );
});

test('whatever the answer and the path, nothing is thrown and nothing foreign is found', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (answer, path) => {
      const value = valueAt(answer, path);
      if (value !== undefined) expect(JSON.stringify(answer)).toContain(JSON.stringify(value));
    }),
    {
      examples: [
        [[], 'length'],
        [{ a: {} }, 'a.__proto__'],
      ],
    },
  );
});
