import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDurationMs } from '@gatehouse/kernel/durations';
import { modelOf } from '../configuration.fixture.js';
import { editDistance, nearestName } from '../findings/nearest-name.js';
import { FORMATS, type Format } from './formats.js';

const accepts = (format: Format, value: string): boolean => FORMATS[format].check(value) === undefined;

describe('durations', () => {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

  test('a number with a unit is exactly that many milliseconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
        (count, unit) => {
          expect(accepts('duration', `${count}${unit}`)).toBe(true);
          expect(parseDurationMs(`${count}${unit}`)).toBe(count * units[unit]);
        },
      ),
    );
  });

  test('the model holds what the document says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (seconds) => {
        expect(modelOf({ 'backends.0.timeout': `${seconds}s` }, 'none').backends[0]?.timeoutMs).toBe(
          seconds * 1000,
        );
      }),
      { numRuns: 20 },
    );
  });

  test('anything else is refused, and a bare number is told its unit', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^\d{1,9}(ms|s|m|h|d)$/.test(text));
        expect(accepts('duration', text)).toBe(false);
      }),
    );
    expect(FORMATS.duration.check('30')?.instead).toBe('30s');
    for (const text of ['-5s', '1.5h', '1h30m', '5 s', '5S', ''])
      expect(accepts('duration', text)).toBe(false);
  });
});

test('a size is exactly that many bytes in the model; a bare number and decimal units are told what to write', () => {
  const model = modelOf({ limits: { requestSize: '64KiB', requestSizePerPerson: '3MiB' } }, 'none');
  expect(model.limits).toMatchObject({ requestBytes: 65_536, requestBytesPerPerson: 3_145_728 });
  for (const text of ['4', '4 MiB', '-1MiB', '1.5MiB', '4mib', '4GiB', ''])
    expect(accepts('size', text)).toBe(false);
  expect(FORMATS.size.check('4MB')?.instead).toBe('4MiB');
  expect(FORMATS.size.check('64k')?.instead).toBe('64KiB');
});

describe('names', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');
  const label = fc
    .tuple(
      fc.constantFrom(...letters),
      fc.array(fc.constantFrom(...letters, '-'), { maxLength: 61 }),
      fc.constantFrom(...letters),
    )
    .map(([first, inner, last]) => `${first}${inner.join('')}${last}`);

  test('every DNS label is a name, and none with an upper-case letter is', () => {
    fc.assert(
      fc.property(label, (name) => {
        expect(accepts('dnsLabel', name)).toBe(true);
        if (/[a-z]/.test(name)) expect(accepts('dnsLabel', name.toUpperCase())).toBe(false);
      }),
    );
  });

  test('whatever is written, the name that is suggested is a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const suggestion = FORMATS.dnsLabel.check(text)?.instead;
        if (suggestion !== undefined) expect(accepts('dnsLabel', suggestion)).toBe(true);
      }),
    );
  });

  test.each(['', '-a', 'a-', 'a_b', 'a.b', 'a'.repeat(64), 'ä', 'a\n'])('%j is not a name', (name) => {
    expect(accepts('dnsLabel', name)).toBe(false);
  });
});

describe('URLs', () => {
  test.each([
    'ftp://a.example/',
    'a.example',
    '//a.example',
    'https://',
    'https:a.example',
    'https://user:password@a.example/',
    'https://user@a.example/',
    'https://a.example/#fragment',
    'https://a.example/a b',
    'javascript:alert(1)',
  ])('%s is refused', (url) => {
    expect(accepts('url', url)).toBe(false);
  });

  test.each([
    'https://a.example',
    'http://localhost:4484/x?y=z',
    'https://a.example/@scope',
    'https://[::1]/',
  ])('%s is accepted', (url) => {
    expect(accepts('url', url)).toBe(true);
  });

  test.each(['https://a.example/', 'https://A.example', 'https://a.example:443'])(
    '%s is no base URL, and what to write is said',
    (url) => {
      expect(FORMATS.baseUrl.check(url)?.instead).toBe('https://a.example');
    },
  );

  test.each([
    ['https://a.example/mcp-gateway/', 'https://a.example/mcp-gateway'],
    ['https://a.example/x/../y', 'https://a.example/y'],
    ['https://a.example/x?y', 'https://a.example'],
    ['https://a.example//x', 'https://a.example'],
    ['https://a.example/%2e', 'https://a.example'],
    ['https://a.example/a b', undefined],
    ['https://user:hunter2@a.example/x', undefined],
  ])('%s is no base URL', (url, instead) => {
    const problem = FORMATS.baseUrl.check(url);
    expect(problem?.instead).toBe(instead);
    expect(problem?.message).toBeDefined();
  });

  test.each(['https://a.example', 'http://localhost:4483', 'https://a.example/tools/gatehouse'])(
    '%s is a base URL',
    (url) => {
      expect(accepts('baseUrl', url)).toBe(true);
    },
  );

  test('credentials of a URL are not repeated', () => {
    expect(JSON.stringify(FORMATS.url.check('https://user:hunter2@a.example'))).not.toContain('hunter2');
  });
});

describe('networks', () => {
  test.each(['10.0.0.0/8', '192.0.2.7', '::1', 'fd00::/8', '2001:db8::/128', '0.0.0.0/1'])(
    '%s is accepted',
    (network) => {
      expect(accepts('network', network)).toBe(true);
    },
  );

  test.each([
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0.0/8/8',
    '10.0.0',
    'localhost',
    'fe80::1%eth0',
    '10.0.0.0/ 8',
    '',
  ])('%j is refused', (network) => {
    expect(accepts('network', network)).toBe(false);
  });
});

describe('the nearest name', () => {
  test('one changed letter is forgiven in every name of some length', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,20}$/), fc.nat(), (name, at) => {
        const index = at % name.length;
        expect(nearestName(`${name.slice(0, index)}${name.slice(index + 1)}`, [name])).toBe(name);
      }),
    );
  });

  test('the distance is a metric as far as people notice: zero for equals only, and the same both ways', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (left, right) => {
        expect(editDistance(left, right)).toBe(editDistance(right, left));
        expect(editDistance(left, right) === 0).toBe(left === right);
      }),
    );
  });

  test('a name from elsewhere is no misspelling', () => {
    expect(nearestName('storage', ['issuer', 'signingKeys', 'vault'])).toBeUndefined();
  });
});
