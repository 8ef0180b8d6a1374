import { AuthorizationResponseError } from 'openid-client';
import type { Refusal } from './refusal.js';

/**
 * Why an answer was refused, for the log of whoever runs Gatehouse: the provider's own words, and what did not fit. What a
 * provider wrote is cut, and cleaned of control characters and of everything that could be a token. Flat, as log lines are.
 */
export type FailureReason = Readonly<
  Partial<
    Record<
      | 'upstreamError'
      | 'upstreamDescription'
      | 'problem'
      | 'claim'
      | 'expected'
      | 'got'
      | 'member'
      | 'algorithm',
      string
    >
  >
>;

const MAX_LENGTH = 200;
/** A name of an error is a word (RFC 6749 section 5.2). */
const MAX_NAME_LENGTH = 80;
/** A shorter secret is too likely to be a word of the text. */
const MIN_SECRET_LENGTH = 6;
const REDACTED = '[redacted]';

/** Claims whose values are names of parties. Others may be about the person. */
const TELLABLE: ReadonlySet<string> = new Set(['iss', 'aud', 'azp']);

/** @param secrets what was sent; providers quote it */
export function failureReason(
  error: unknown,
  refusal: Refusal | undefined,
  secrets: readonly string[] = [],
): FailureReason {
  return {
    ...(refusal === undefined ? ofAuthorization(error) : said(refusal.error, refusal.description, secrets)),
    ...ofLibrary(error),
  };
}

/** A text of somebody else, for a log line. */
export function cleaned(text: string, secrets: readonly string[] = [], maxLength = MAX_LENGTH): string {
  let known = text;
  for (const secret of secrets)
    if (secret.length >= MIN_SECRET_LENGTH) known = known.replaceAll(secret, REDACTED);
  return cut(
    plain(known).replace(/[\w.~+/=-]{16,}/g, (word) => (isWord(word) ? word : REDACTED)),
    maxLength,
  );
}

/** The URL of a party: without a query and credentials, which may be anybody's. */
export function cleanedUrl(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? 'nothing' : JSON.stringify(value);
  return cut(plain(text.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//')), MAX_LENGTH);
}

/** Tokens have digits, or both cases in one word; names and words do not. */
const isWord = (word: string): boolean =>
  word.length <= 48 && word.split(/[./=_-]+/).every((part) => /^([A-Z]?[a-z]*|[A-Z]+)$/.test(part));

/** Control, format and other characters that are not seen. */
const plain = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();

const cut = (text: string, maxLength: number): string =>
  text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).toWellFormed()}…`;

function said(error: string, description: string | undefined, secrets: readonly string[]): FailureReason {
  return {
    ...(error === '' ? {} : { upstreamError: cleaned(error, secrets, MAX_NAME_LENGTH) }),
    ...(description === undefined ? {} : { upstreamDescription: cleaned(description, secrets) }),
  };
}

const ofAuthorization = (error: unknown): FailureReason =>
  error instanceof AuthorizationResponseError ? said(error.error, error.error_description, []) : {};

/** The library's messages are texts of its own; what it found stands in the cause of its innermost error. */
function ofLibrary(error: unknown): FailureReason {
  let reason: FailureReason = {};
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 8;
    current = current.cause, depth += 1
  ) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : '';
    if (!code.startsWith('OAUTH_')) continue;
    reason = { ...reason, problem: cut(plain(current.message), MAX_LENGTH), ...ofFinding(current) };
  }
  return reason;
}

function ofFinding({ message, cause }: Error): FailureReason {
  const facts: Readonly<Record<string, unknown>> =
    typeof cause === 'object' && cause !== null ? { ...cause } : {};
  const [, claim = textOf(facts['claim'])] = /\bJWT "(\w+)" \(/.exec(message) ?? [];
  const [, member = textOf(facts['attribute'])] = /"response" body "(\w+)"/.exec(message) ?? [];
  const algorithm = memberOf(facts['header'], 'alg');
  const got = claim === undefined ? memberOf(facts['body'], member ?? '') : memberOf(facts['claims'], claim);
  const isTellable = (claim !== undefined && TELLABLE.has(claim)) || member === 'issuer';
  return {
    ...(claim === undefined ? {} : { claim }),
    ...(member === undefined ? {} : { member }),
    ...(typeof algorithm === 'string' ? { algorithm: cleaned(algorithm, [], MAX_NAME_LENGTH) } : {}),
    ...(isTellable ? { expected: cleanedUrl(facts['expected']), got: cleanedUrl(got) } : {}),
    ...(algorithm === undefined || facts['expected'] === undefined
      ? {}
      : { expected: cleaned(JSON.stringify(facts['expected'])) }),
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
