import { SaxesParser } from 'saxes';
import { z } from 'zod';
import { cleaned } from '../providers/failure-reason.js';
import type { ExchangeOutcome, Unissued } from './exchange-outcome.js';

export interface StsAnswer {
  readonly status: number;
  readonly body: string;
}

const OK = 200;
const TOO_MANY_REQUESTS = 429;
const MAX_CODE_LENGTH = 80;

/** All of it goes into headers, or into a signature. */
const printable = z.string().regex(/^[\x21-\x7e]+$/);
const credentials = z.object({
  AccessKeyId: printable.max(128),
  SecretAccessKey: printable.max(1_024),
  SessionToken: printable.max(16_384),
  Expiration: z.iso.datetime({ offset: true }),
});

/** What STS says to AssumeRoleWithWebIdentity. @param token that it was shown */
export function outcomeOfSts(
  { status, body }: StsAnswer,
  token: string,
  latestEndMs: number,
): ExchangeOutcome {
  const said = elementsOf(body);
  if (status !== OK) return failureOf(status, said, token);
  const given = credentials.safeParse(
    within(said, 'AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/'),
  );
  if (!given.success) return { kind: 'unavailable', reason: 'unreadable', status };
  const { AccessKeyId: id, SecretAccessKey: secret, SessionToken: accessToken, Expiration } = given.data;
  return {
    kind: 'exchanged',
    accessToken,
    signingKey: { id, secret },
    expiresAtMs: Math.min(Date.parse(Expiration), latestEndMs),
  };
}

/** Of an error of AWS. Otherwise its long names would look like secrets. */
const NAME = /^[A-Z][A-Za-z]{2,39}$/;

type Verdict = 'subject' | 'unclear' | 'settings' | 'passing';

/** By the names of AWS (AssumeRoleWithWebIdentity, Errors; Common Errors). What is not among them is about the settings. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  ExpiredToken: 'subject',
  IDPRejectedClaim: 'subject',
  // Its issuer or its audience may be unknown to AWS as well.
  InvalidIdentityToken: 'unclear',
  IDPCommunicationError: 'passing',
  InternalError: 'passing',
  InternalFailure: 'passing',
  PriorRequestNotComplete: 'passing',
  RequestLimitExceeded: 'passing',
  ServiceUnavailable: 'passing',
  SlowDown: 'passing',
  Throttling: 'passing',
  TooManyRequests: 'passing',
};

function failureOf(status: number, elements: Elements, token: string): Unissued {
  const { Code: code, Message: message } = within(elements, 'ErrorResponse/Error/');
  if (code === undefined) return { kind: 'unavailable', reason: 'http_error', status };
  const said = {
    upstreamError: NAME.test(code) && !token.includes(code) ? code : cleaned(code, [token], MAX_CODE_LENGTH),
    ...(message === undefined ? {} : { upstreamDescription: cleaned(message, [token]) }),
  };
  // The documentation has names with and without that end.
  const known = VERDICTS[code.replace(/Exception$/, '')] ?? 'settings';
  const verdict = status >= 500 || status === TOO_MANY_REQUESTS ? 'passing' : known;
  if (verdict === 'passing') return { kind: 'unavailable', reason: 'aws_error', said, status };
  const about = verdict === 'unclear' ? 'subject' : verdict;
  return { kind: 'refused', about, unclear: verdict === 'unclear', reason: 'aws_error', said, status };
}

/** Texts by the path of their element. */
type Elements = ReadonlyMap<string, string>;

const within = (elements: Elements, path: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    [...elements].flatMap(([place, text]) =>
      place.startsWith(path) ? [[place.slice(path.length), text]] : [],
    ),
  );

/** Nothing where it is not well-formed, declares a document type, or says one thing twice. */
function elementsOf(xml: string): Elements {
  const elements = new Map<string, string>();
  const path: string[] = [];
  const parser = new SaxesParser({ xmlns: true });
  const fail = (): never => {
    throw new Error('not an answer');
  };
  parser.on('error', fail);
  parser.on('doctype', fail);
  parser.on('opentag', ({ local }) => {
    path.push(local);
    if (elements.has(path.join('/')) || path.length > MAX_DEPTH) fail();
    elements.set(path.join('/'), '');
  });
  const add = (text: string): void => {
    const place = path.join('/');
    elements.set(place, (elements.get(place) ?? '') + text);
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => {
    path.pop();
  });
  try {
    parser.write(xml).close();
    return elements;
  } catch {
    return new Map();
  }
}

const MAX_DEPTH = 16;
