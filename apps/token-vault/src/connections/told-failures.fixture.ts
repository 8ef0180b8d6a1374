import { expect } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { KeptLog } from '@gatehouse/testing/kept-log';
import { send, type Misbehaviour } from '../testing/stub-provider.js';
import type { TokenRequest } from '../testing/stub-request.js';

/** Every line that tells of one refresh, exchange, leg or credential that came to nothing. */
const OF_FAILURES = [
  'leg-refused',
  'refresh-failed',
  'connection-needs-user',
  'token-exchange-failed',
  'caller-not-exchanged',
  'request-failed',
  'callback-of-another-provider',
];
const SENT = [
  'code',
  'code_verifier',
  'client_secret',
  'refresh_token',
  'subject_token',
  'assertion',
  'WebIdentityToken',
];

/** What a provider writes of its own; nobody else has to read it. */
export const PLANTED = 'planted-Secret-0f-a-provider-1234567890';

/** It quotes all that it was sent, as some providers do, and writes something of its own. */
export const refuses =
  (status: number, error: string): Misbehaviour =>
  (_request, response, form) =>
    send(response, status, {
      error,
      error_description: `${PLANTED} ${[...form.values()].join(' ')}`,
    });
export const fails: Misbehaviour = (_request, response) => void response.writeHead(503).end(PLANTED);
export const raves: Misbehaviour = (_request, response) =>
  void response.writeHead(200).end(`<p>${PLANTED}</p>`);
export const hangs: Misbehaviour = () => 'bent';

interface Unsaid {
  readonly failure: string;
  readonly provider: 'octo';
  readonly userinfo: Misbehaviour;
  readonly line: Readonly<Record<string, unknown>>;
}

/** Legs that end where a plain OAuth 2 provider is asked who the person is. */
export const UNSAID: readonly Unsaid[] = [
  {
    failure: 'who the person is, the provider cannot say',
    provider: 'octo',
    userinfo: fails,
    line: { reason: 'provider_unavailable', status: 503 },
  },
  {
    failure: 'who the person is, the provider does not say to this token',
    provider: 'octo',
    userinfo: refuses(403, 'insufficient_scope'),
    line: { status: 403 },
  },
  {
    failure: 'who the person is, the provider leaves open',
    provider: 'octo',
    userinfo: (_request, response) => send(response, 200, { name: PLANTED }),
    line: { reason: 'invalid_response' },
  },
  {
    failure: 'who the person is, the provider says in a page',
    provider: 'octo',
    userinfo: raves,
    line: { event: 'leg-refused' },
  },
];

/**
 * The one line. What was sent, and what was written by somebody else, is in no line at all.
 * @param reference where the vault may have been asked again meanwhile, which is another failure, with a number of its own
 */
export function onlyLine(
  log: KeptLog,
  asked: readonly { readonly tokenRequests: readonly TokenRequest[] }[],
  reference?: unknown,
): Readonly<Record<string, unknown>> {
  const lines = OF_FAILURES.flatMap((event) =>
    log.of(event).map((fields): Readonly<Record<string, unknown>> => ({ event, ...fields })),
  ).filter((line) => reference === undefined || line['reference'] === reference);
  expect(lines).toHaveLength(1);
  const everything = log.lines.join();
  const sent = asked
    .flatMap(({ tokenRequests }) => tokenRequests)
    .flatMap(({ form }) => SENT.flatMap((name) => form.getAll(name)));
  for (const secret of [PLANTED, 'stub-secret', 'exchange-secret', 'party-secret', 'obo-secret', ...sent])
    expect(everything).not.toContain(secret);
  return lines[0] ?? {};
}

export async function failureOf(asked: Promise<unknown>): Promise<GatehouseError> {
  const error: unknown = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GatehouseError)) throw new Error('it did not fail');
  return error;
}
