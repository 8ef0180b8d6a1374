import { STATUS_CODES } from 'node:http';
import { claimsChallenge } from './claims-challenge.js';
import { normalAnswer, type NormalAnswer } from './normal-answer.js';

/** What the words of a refusal say, where its name does not: a limit was met, ask later, the client is wrong, the grant is gone. */
export type RefusalHint = 'limited' | 'later' | 'client' | 'gone';

/** Why a token endpoint refused, in its own words. They are shown in logs only, cleaned (`failure-reason.ts`). */
export interface Refusal {
  /** The name of the error, as written; empty when it has none. */
  readonly error: string;
  readonly description?: string;
  readonly hint?: RefusalHint;
  /** What the person's next sign-in has to show; for no log. */
  readonly claims?: string;
}

/** A refusal without a name is short; a longer text is a page of somebody else. */
const MAX_PLAIN_LENGTH = 300;

const GRANT = String.raw`(?:token|grant|session)(?! ?(?:type|endpoint|ur[il]|request))s?`;
const GONE = String.raw`(?:invalid|expired|revoked|inactive|unknown|malformed|deleted|timed out|not (?:found|valid|active|recogni[sz]ed)|(?:does not|doesn't|no longer) (?:exist|valid|active)|already (?:been )?used|reused)`;
const WORDS_OF_GONE = new RegExp(
  String.raw`\b${GRANT}\b.{0,60}\b${GONE}\b|\b${GONE}(?: or \w+)? (?:the |refresh |access |bearer |authorization )*${GRANT}\b`,
  'i',
);
const WORDS_OF_PERSON =
  /\b(re-?authori[sz]e|re-?authenticate|(sign|log) ?in again|password (was |has been )?changed|session time-?out)\b/i;
/** These count whatever the error is called: Salesforce says `invalid_grant` when its logins are limited. */
const WORDS_OF_LIMITS =
  /\brate.?limit|\brate (was )?exceeded|\btoo many (requests|attempts)|\bthrottl|\bquota exceeded/i;
const WORDS_OF_LATER =
  /\bmaintenance\b|\bunavailable\b|\boverload|\btry again (later|in a)|\bretry your request|\btemporar|\btimed? ?out\b|\binternal (server )?error\b/i;
const WORDS_OF_CLIENT =
  /\b(client|app(lication)?)[ _-]?(id|secret|credentials?|assertion|authentication)\b|\bapplication with identifier\b|\bclient (is |was )?(not|disabled|unknown)\b|\b(invalid|unknown) client\b/i;

/** Words that stand where a name would, and name nothing. */
const NAMELESS: ReadonlySet<string> = new Set([
  '',
  'error',
  'fail',
  'failed',
  'failure',
  'true',
  'false',
  'ok',
]);

/** Of Entra: `invalid_grant` says in a second member that the person has to act. */
const MORE_EXACT: ReadonlySet<string> = new Set([
  'consent_required',
  'interaction_required',
  'login_required',
]);

/** Statuses of a token endpoint's refusal (RFC 6749 section 5.2), and 403, which several providers use. */
const REFUSING: ReadonlySet<number> = new Set([400, 401, 403]);

/**
 * Reads a refusal whatever its content type, and whichever member holds its name: `error` (RFC 6749 section 5.2), `status`
 * (HubSpot), `errors` (Fitbit), an object (Meta, Google).
 * @param status 200 for providers that refuse with it (Slack, GitHub)
 * @returns `undefined` when nobody refused: a page of something in between, an empty body, tokens.
 */
export function refusalOf(body: string, status: number): Refusal | undefined {
  const answer = normalAnswer(body);
  if (answer === undefined) return plainRefusal(body);
  if (answer['access_token'] !== undefined) return undefined;
  const error = nameOf(answer, STATUS_CODES[status]);
  const description = descriptionOf(answer);
  const hint = hintOf(`${error} ${description ?? ''}`);
  if (hint !== 'gone' && !isRefusal(answer, error, status)) return undefined;
  const claims = claimsChallenge(answer['claims']);
  return {
    error,
    ...(description === undefined ? {} : { description }),
    ...(hint === undefined ? {} : { hint }),
    ...(claims === undefined ? {} : { claims }),
  };
}

function isRefusal(answer: NormalAnswer, error: string, status: number): boolean {
  if (status >= 200 && status < 300) return saysNo(answer);
  // Elsewhere, a gateway may have answered in JSON. It does not know the names of OAuth.
  return REFUSING.has(status) || (answer['error'] === error && /^[a-z]+(_[a-z]+)+$/.test(error));
}

/**
 * With a success status, a refusal says so: an `error`, a list of `errors` (GraphQL), `ok: false`, `success: false`, or a code
 * that is not zero.
 */
function saysNo(answer: NormalAnswer): boolean {
  const { error, errors, ok, success, code, errcode } = answer;
  const hasError = error !== undefined && error !== false;
  if (answer['refresh_token'] !== undefined && !hasError) return false;
  const hasCode = [code, errcode].some((one) => typeof one === 'number' && one !== 0);
  const hasErrors = Array.isArray(errors) && errors.length > 0;
  return hasError || hasErrors || ok === false || success === false || hasCode;
}

function plainRefusal(body: string): Refusal | undefined {
  const text = body.trim();
  if (text.length > MAX_PLAIN_LENGTH || text.startsWith('<')) return undefined;
  return hintOf(text) === 'gone' ? { error: '', description: text, hint: 'gone' } : undefined;
}

/** @param reason of the status line: a framework's default page repeats it where an error's name would stand */
function nameOf(answer: NormalAnswer, reason = ''): string {
  const { error } = answer;
  const second = textOf(answer['suberror'] ?? answer['error_subtype']);
  if (second !== undefined && MORE_EXACT.has(second)) return second;
  const inner = firstObject(error) ?? firstObject(answer['errors']);
  const candidates = [
    error,
    ...(inner === undefined
      ? []
      : ['errorType', 'error', 'code', 'status', 'type'].map((name) => inner[name])),
    ...['error_code', 'errorCode', 'status', 'category', 'code', 'type'].map((name) => answer[name]),
  ];
  for (const candidate of candidates) {
    const text = textOf(candidate);
    if (
      text !== undefined &&
      !NAMELESS.has(text.toLowerCase()) &&
      !/^\d+$/.test(text) &&
      !repeats(text, reason)
    )
      return text;
  }
  return '';
}

const repeats = (text: string, reason: string): boolean =>
  text.toLowerCase().replace(/[\s_-]+/g, '') === reason.toLowerCase().replace(/[\s-]+/g, '');

function descriptionOf(answer: NormalAnswer): string | undefined {
  const inner = firstObject(answer['error']) ?? firstObject(answer['errors']) ?? {};
  const names = [
    'error_description',
    'error_message',
    'message',
    'errorSummary',
    'msg',
    'detail',
    'reason',
    'err',
  ];
  for (const source of [answer, inner])
    for (const name of names) {
      const text = textOf(source[name]);
      if (text !== undefined) return text;
    }
  return undefined;
}

/** Nobody explains an error at greater length, and expressions that look ahead take long on what is made for them. */
const MAX_WORDS_LENGTH = 2_000;

/** What the words say. Limits come first: they hide behind any name. */
function hintOf(said: string): RefusalHint | undefined {
  const words = said.slice(0, MAX_WORDS_LENGTH);
  if (WORDS_OF_LIMITS.test(words)) return 'limited';
  if (WORDS_OF_CLIENT.test(words)) return 'client';
  const spaced = words.replaceAll('_', ' ');
  const isGone = WORDS_OF_GONE.test(spaced) || WORDS_OF_PERSON.test(spaced);
  const isLater = WORDS_OF_LATER.test(spaced);
  // "The token could not be looked up: timed out" says both, and neither for sure.
  if (isGone === isLater) return undefined;
  return isGone ? 'gone' : 'later';
}

const textOf = (value: unknown): string | undefined => {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? undefined : text;
};

function firstObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'string' && Array.isArray(value)) return { error: one };
  return isRecord(one) ? one : undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
