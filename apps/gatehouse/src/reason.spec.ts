import { expect, test } from '@jest/globals';
import { reasonOf } from './reason.js';

test.each([
  ['a message', new Error('no room'), 'no room'],
  [
    'fetch, which has its reason inside',
    new TypeError('fetch failed', { cause: new Error('refused') }),
    'refused',
  ],
  [
    'a library that asked fetch',
    new Error('Probe failed: fetch failed', { cause: new Error('refused') }),
    'refused',
  ],
  ['several addresses of a name', new AggregateError([new Error('refused by ::1')], ''), 'refused by ::1'],
  ['a code alone', Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
  ['an error without words', new Error(''), 'no reason was given'],
  ['a text', 'no', 'no'],
  ['nothing', undefined, 'undefined'],
])('of %s', (_what, error, said) => expect(reasonOf(error)).toBe(said));
