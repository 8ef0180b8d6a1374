import { expect, test } from '@jest/globals';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { Secret } from '@gatehouse/kernel/secret';
import { KeptLog } from '@gatehouse/testing/kept-log';
import fc from 'fast-check';
import { ProgramLog } from './program-log.js';

/** What comes with an `Authorization: Bearer`. */
const TOKENS = fc
  .string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 8,
  })
  .filter((token) => !'[redacted]'.includes(token));

const linesOf = (log: KeptLog): readonly string[] => log.of('program-says').map(({ line }) => String(line));

test('a token that a program prints is not in the log, wherever it stands and however it comes in pieces', () => {
  const TEXT = fc.string({ maxLength: 40 });
  const CUTS = fc.array(fc.nat(40), { maxLength: 10 });
  fc.assert(
    fc.property(
      TOKENS,
      TEXT,
      TEXT,
      fc.constantFrom(0, 1_990, 16_370, 20_000),
      CUTS,
      (token, before, after, many, cuts) => {
        const log = new KeptLog();
        const said = new ProgramLog(log, 'files', [new Secret(token)]);
        const spelled = [token, encodeURIComponent(token), Buffer.from(token).toString('base64')].join(' ');
        const whole = Buffer.from(`${before}${'.'.repeat(many)}${spelled}${after}\n`);
        let at = 0;
        for (const cut of cuts) {
          said.push(whole.subarray(at, at + cut));
          at += cut;
        }
        said.push(whole.subarray(at));
        said.end();
        for (const line of linesOf(log)) expect(line).not.toContain(token);
      },
    ),
  );
});

test('a token in Basic credentials is not in the log, whatever name stands before it and whatever comes after it', () => {
  const NAMES = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(
      TOKENS,
      NAMES,
      NAMES,
      fc.constantFrom('base64' as const, 'base64url' as const),
      (token, name, after, coding) => {
        const log = new KeptLog();
        const said = new ProgramLog(log, 'files', [new Secret(token)]);
        said.push(
          Buffer.from(`authorization: Basic ${Buffer.from(`${name}:${token}${after}`).toString(coding)}\n`),
        );
        const [line = ''] = linesOf(log);
        const [, left = ''] = /Basic (.*)$/.exec(line) ?? [];
        // What is left of it says at most the characters at its edges.
        expect(left).toContain('[redacted]');
        for (const part of left.split('[redacted]'))
          expect(Buffer.from(part, coding).toString('latin1')).not.toContain(token);
      },
    ),
  );
});

test('each line of a secret with several lines is taken out', () => {
  const log = new KeptLog();
  const said = new ProgramLog(log, 'files', [new Secret('-----BEGIN KEY-----\nAbCdEf123456\nGhIjKl7890\n')]);
  said.push(Buffer.from('key is AbCdEf123456\nand GhIjKl7890\n'));
  expect(linesOf(log)).toEqual(['key is [redacted]', 'and [redacted]']);
});

test('a program that writes without end does not fill the log: what is left out is counted', () => {
  const log = new KeptLog();
  let nowMs = 0;
  const said = new ProgramLog(log, 'files', [], () => nowMs);
  said.push(Buffer.from('line\n'.repeat(1_000)));
  expect(linesOf(log)).toHaveLength(200);
  nowMs += MINUTE_MS;
  said.push(Buffer.from(`${'x'.repeat(100_000)}\nlast without an end`));
  said.end();
  expect(log.of('program-says-too-much')).toEqual([{ backend: 'files', lines: 800 }]);
  const [long = '', last] = linesOf(log).slice(200);
  expect([long.length, last]).toEqual([2_000, 'last without an end']);
});
