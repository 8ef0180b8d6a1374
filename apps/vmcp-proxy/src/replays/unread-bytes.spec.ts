import { expect, test } from '@jest/globals';
import { MIB } from '@gatehouse/kernel/sizes';
import { EVENT_STREAM_TYPE, type Answer } from '../mcp/answer.js';
import { AwaitedAnswer } from './awaited-answer.js';
import { ReadElsewhere } from './read-elsewhere.js';
import { UnreadBytes } from './unread-bytes.js';

const READER = '6f1f0a51-6a0c-4a52-9f4e-7f3c1d2a9b01';
const PIECE = 'x'.repeat(131_072);
const PIECES_OF_A_MIB = 8;

/** A client that reads nothing until a test lets it. */
function slowClient() {
  let bytes = 0;
  let drained = (): void => undefined;
  const answer = {
    begun: false,
    isBroken: false,
    isEnded: false,
    begin: () => {
      answer.begun = true;
    },
    write: (chunk: Buffer) => {
      bytes += chunk.length;
      return false;
    },
    onDrain: (callback: () => void) => (drained = callback),
    end: () => {
      answer.isEnded = true;
    },
    breakOff: () => {
      answer.isBroken = true;
    },
  };
  return { answer: answer as unknown as Answer & typeof answer, got: () => bytes, read: () => drained() };
}

type SentPiece = { said: 'sent'; reader: string; number: number; text: string; isLast: boolean };
const piece = (number: number, text = PIECE, isLast = false): SentPiece => ({
  said: 'sent',
  reader: READER,
  number,
  text,
  isLast,
});

test('a result of 20 MiB that comes at once reaches a client that reads it later: nothing is lost as "may have run"', () => {
  const { answer, got } = slowClient();
  const awaited = new AwaitedAnswer(answer, 'there', Date.now, new UnreadBytes().ofOne());
  awaited.begins({ said: 'begun', reader: READER, status: 200, contentType: EVENT_STREAM_TYPE, headers: {} });
  const pieces = 20 * PIECES_OF_A_MIB;
  for (let number = 0; number < pieces; number += 1) expect(awaited.sent(piece(number))).toBe('goes_on');
  expect(awaited.sent(piece(pieces, '', true))).toBe('over');
  expect([got(), answer.isEnded]).toEqual([20 * MIB, true]);
});

test('the same of a stream that its client resumes', () => {
  const { answer, got } = slowClient();
  const stream = new ReadElsewhere(answer, 'there', Date.now, new UnreadBytes().ofOne());
  const pieces = 20 * PIECES_OF_A_MIB;
  expect(stream.sent(piece(0, ''))).toBe(true);
  for (let number = 1; number <= pieces; number += 1) expect(stream.sent(piece(number))).toBe(true);
  expect(stream.sent(piece(pieces + 1, '', true))).toBe(true);
  expect([got(), answer.isEnded, answer.isBroken]).toEqual([20 * MIB, true, false]);
});

test('a client that reads nothing at all is given up, and many of them sooner: what waits has a bound', () => {
  const all = new UnreadBytes(4 * MIB);
  const one = all.ofOne();
  const others = [all.ofOne(), all.ofOne()];
  expect(one.add(3 * MIB)).toBe(true);
  // No room beside it: only what everybody may have.
  expect(others.map((other) => other.add(MIB))).toEqual([true, true]);
  expect(others[0]?.add(1)).toBe(false);
  one.clear();
  expect(others[1]?.add(MIB)).toBe(true);
  expect(new UnreadBytes().ofOne().add(37 * MIB)).toBe(false);
});
