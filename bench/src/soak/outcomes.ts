import { Ended, Silence, type Message } from '@gatehouse/testing/mcp-exchange';

/**
 * What a client gets that is no right answer.
 * - `wrong user`, `wrong answer`: what belongs to another person, or to another call.
 * - `silence`: no response within its limit. `stuck stream`: no end after it.
 * - `unanswered`: the connection broke. `session gone`: its session is not known any more.
 * - `maybe ran`, `try again`: the gateway says so. `too many`: 429.
 * - `sign in`: the person has to sign in again somewhere. `credential`: the backend refused what its provider ended early.
 */
export type Kind =
  | 'wrong user'
  | 'wrong answer'
  | 'silence'
  | 'stuck stream'
  | 'unanswered'
  | 'session gone'
  | 'maybe ran'
  | 'try again'
  | 'too many'
  | 'sign in'
  | 'credential'
  | 'other';

export class Failed extends Error {
  constructor(
    readonly kind: Kind,
    words: string,
  ) {
    super(words);
  }
}

const OF_STATUS: Readonly<Record<number, Kind>> = {
  0: 'unanswered',
  401: 'sign in',
  404: 'session gone',
  429: 'too many',
  // Of the balancer: a replica took the request and did not answer.
  502: 'unanswered',
  503: 'try again',
};

const OF_WORDS: readonly (readonly [RegExp, Kind])[] = [
  [/backend_unauthorized/, 'credential'],
  [/reauth_required|connection_missing|\/connect\//, 'sign in'],
  [/not known whether it was done|may have run/, 'maybe ran'],
  [/try again|safe to try/i, 'try again'],
];

export const kindOf = (status: number, words: string): Kind =>
  OF_WORDS.find(([expression]) => expression.test(words))?.[1] ?? OF_STATUS[status] ?? 'other';

/** @throws {Failed} unless it is a result that is no error. */
export function resultOf(response: Message, status: number): Message {
  const { result, error } = response as { readonly result?: Message; readonly error?: unknown };
  if (error === undefined && result !== undefined && result['isError'] !== true) return result;
  const words = JSON.stringify(error ?? result ?? response);
  throw new Failed(status === 401 ? 'sign in' : kindOf(status, words), words);
}

export function failureOf(error: unknown): Failed {
  if (error instanceof Failed) return error;
  if (error instanceof Silence) return new Failed('silence', error.message);
  const words = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Ended)) return new Failed('other', words);
  const [, status = '200'] = /: (\d+) /.exec(words) ?? [];
  // A stream that begins and then breaks off.
  return new Failed(status === '200' ? 'unanswered' : kindOf(Number(status), words), words);
}
