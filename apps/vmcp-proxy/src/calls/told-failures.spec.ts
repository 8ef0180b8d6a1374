import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { policiesOf } from '../authorization/authorization.fixture.js';
import { legacyClient, modern, textOf, type ClientAnswer } from '../client.fixture.js';
import { isCall, onCall, startCallWorld, type BackendName, type CallWorld } from './call-world.fixture.js';

const SECRET = 'planted-Secret-0f-a-backend-1234567890';
/** Every line that tells of one call that came to nothing. */
const OF_CALLS = [
  'call-failed',
  'call-refused',
  'backend-error-passed-on',
  'request-failed',
  'parked-call-failed',
];

let world: CallWorld;
let token: string;
const log = new KeptLog();

beforeAll(async () => {
  world = await startCallWorld({
    log,
    callPolicies: policiesOf(`
      permit(principal, action, resource);
      @id("no-secrets") forbid(principal, action == Action::"call_tool", resource)
        when { context has arg_secret };`),
  });
});
beforeEach(async () => {
  token = await world.newCaller();
  world.proxy.surroundings.credentials.clear();
  log.lines.length = 0;
  log.alarms.length = 0;
});
afterAll(() => world.close());

type Answering = Parameters<typeof onCall>[0];

interface Row {
  readonly failure: string;
  readonly backend?: BackendName | 'gone';
  readonly does?: Answering;
  readonly credential?: {
    readonly code: 'connection_missing' | 'provider_unavailable' | 'role_missing' | 'exchange_unavailable';
    readonly details?: Readonly<Record<string, string>>;
  };
  readonly args?: Readonly<Record<string, string>>;
  readonly event?: string;
  readonly line: Readonly<Record<string, unknown>>;
  /** A client's mistake, or a person's, is nobody's alarm. */
  readonly quiet?: true;
  /** The client reads the backend's own words. */
  readonly unnumbered?: true;
}

const refusing =
  (status: number, headers: Record<string, string> = {}, body = ''): Answering =>
  (_one, response) =>
    void response.writeHead(status, headers).end(body);

const rpcError =
  (status: number): Answering =>
  ({ body }, response) => {
    const error = { code: -32_001, message: SECRET };
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: body['id'], error }));
  };

const ROWS: readonly Row[] = [
  {
    failure: 'a backend that cannot be reached',
    backend: 'gone',
    line: { errorCode: 'backend_unavailable', reason: 'no connection could be made' },
  },
  {
    failure: 'a backend that fails',
    does: refusing(503, {}, SECRET),
    line: { errorCode: 'backend_unavailable', status: 503, reason: 'HTTP status 503' },
  },
  {
    failure: 'a busy backend',
    does: refusing(429, { 'retry-after': '3' }),
    line: { errorCode: 'busy', status: 429 },
  },
  {
    failure: 'a backend that refuses every token',
    backend: 'inject',
    does: refusing(401, {
      'www-authenticate': `Bearer error="invalid_token", error_description="${SECRET}"`,
    }),
    line: { errorCode: 'backend_unauthorized', status: 401, upstreamError: 'invalid_token' },
  },
  {
    failure: 'a backend that refuses the rights of a token',
    backend: 'inject',
    does: refusing(403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }),
    line: { errorCode: 'backend_unauthorized', status: 403, upstreamError: 'insufficient_scope' },
  },
  {
    failure: 'a backend that writes into the log by its challenge',
    backend: 'inject',
    does: refusing(403, {
      'www-authenticate': `Bearer error="${SECRET} is a long and strange word of a stranger"`,
    }),
    line: { errorCode: 'backend_unauthorized', status: 403 },
  },
  {
    failure: 'a backend that does not answer in time',
    backend: 'impatient',
    does: () => undefined,
    line: { errorCode: 'deadline_exceeded' },
  },
  {
    failure: 'a backend that answers with a page',
    does: refusing(200, { 'content-type': 'text/html' }, `<p>${SECRET}</p>`),
    line: { errorCode: 'backend_unavailable' },
  },
  {
    failure: 'a backend that breaks off',
    does: (_one, response) => void response.destroy(),
    line: { errorCode: 'backend_unavailable' },
  },
  {
    failure: 'a backend that sends its requests elsewhere',
    does: refusing(307, { location: `https://elsewhere.example/${SECRET}` }),
    line: { errorCode: 'backend_redirects' },
  },
  {
    failure: 'a backend that refuses a call in words of its own',
    does: rpcError(400),
    event: 'backend-error-passed-on',
    line: { status: 400, rpcCode: -32_001 },
    quiet: true,
    unnumbered: true,
  },
  {
    failure: 'a backend that fails in words of its own',
    does: rpcError(500),
    event: 'backend-error-passed-on',
    line: { status: 500, rpcCode: -32_001 },
    unnumbered: true,
  },
  {
    failure: 'no credential',
    backend: 'inject',
    credential: { code: 'connection_missing', details: { provider: 'octo' } },
    line: { errorCode: 'connection_missing', provider: 'octo' },
    quiet: true,
  },
  {
    failure: 'a signed request to a backend that denies its role',
    backend: 'signed',
    does: refusing(403, { 'x-amzn-errortype': 'AccessDeniedException:http://internal.amazon.com/' }, SECRET),
    line: { errorCode: 'backend_unauthorized', status: 403, upstreamError: 'AccessDeniedException' },
  },
  {
    failure: 'a signed request whose credentials have ended, and the next ones, too',
    backend: 'signed',
    does: refusing(400, { 'x-amzn-errortype': 'ExpiredTokenException' }, SECRET),
    line: { errorCode: 'backend_unauthorized', status: 400, upstreamError: 'ExpiredTokenException' },
  },
  {
    failure: 'a signed request to a backend that writes into the log by the name of its error',
    backend: 'signed',
    does: refusing(403, { 'x-amzn-errortype': `${SECRET} is a word of a stranger` }),
    line: { errorCode: 'backend_unauthorized', status: 403 },
  },
  ...(['role_missing', 'exchange_unavailable'] as const).map((code) => ({
    failure: `credentials of AWS that the vault could not get (${code}): the number is the one of its line`,
    backend: 'signed' as const,
    credential: { code, details: { backend: 'signed', reference: `number-of-${code}` } },
    line: { errorCode: code, reference: `number-of-${code}` },
  })),
  {
    failure: 'a credential that the vault could not get: the number is the one of its line',
    backend: 'inject',
    credential: {
      code: 'provider_unavailable',
      details: { provider: 'octo', reference: 'number-of-the-vault' },
    },
    line: { errorCode: 'provider_unavailable', provider: 'octo', reference: 'number-of-the-vault' },
  },
  {
    failure: 'a policy',
    args: { secret: SECRET },
    event: 'call-refused',
    line: { outcome: 'not_allowed', policy: 'no-secrets' },
    quiet: true,
  },
];

const numberIn = (answer: ClientAnswer): unknown =>
  answer.body.error?.data?.['reference'] ?? /Reference: (\S+)$/.exec(textOf(answer))?.[1];

const CAN_OPEN = { elicitation: { url: {} } };
const lineOfPrompt = () => log.of('call-failed').map(({ errorCode, reference }) => [errorCode, reference]);

/** Whoever is asked to connect reads a number, in whatever form their client is asked. */
test.each(['connection_missing', 'reauth_required', 'insufficient_scope'] as const)(
  'a person who is asked to connect (%s) reads the number of the line, in each form of the prompt',
  async (code) => {
    token = await world.proxy.token();
    world.proxy.surroundings.credentials.set('inject', { code, details: { provider: 'octo' } });
    const call = { name: 'inject_echo', arguments: {} };
    const options = { token, capabilities: CAN_OPEN };
    const texts: string[] = [];
    const modernPrompt = await modern(world.proxy.mcpUrl, 'tools/call', call, options);
    texts.push(JSON.stringify(modernPrompt.body.result?.['inputRequests']));
    const client = await legacyClient(world.proxy.mcpUrl, token, { capabilities: CAN_OPEN });
    const { error } = (await client.request('tools/call', call)).body;
    texts.push(error?.message ?? '', JSON.stringify(error?.data?.['elicitations']));
    texts.push(textOf(await modern(world.proxy.mcpUrl, 'tools/call', call, { token })));
    const read = texts.map((text) => /Reference: ([\w-]+)/.exec(text)?.[1]);
    const [input, ofError, ofElicitation, asText] = read;
    expect(ofElicitation).toBe(ofError);
    expect(lineOfPrompt()).toEqual([input, ofError, asText].map((number) => [code, number]));
    expect(new Set(read).size).toBe(3);
    expect(log.alarms).toEqual([]);
  },
);

test.each(ROWS)(
  '$failure leaves one line: why, where, the HTTP status and the number that the client sees',
  async (row) => {
    const { backend = 'modern', does, credential, args = {}, event = 'call-failed' } = row;
    if (credential !== undefined) {
      // What was released before is not asked for again.
      token = await world.proxy.token();
      world.proxy.surroundings.credentials.set(backend, credential);
    } else if (does !== undefined && backend !== 'gone') world.backend(backend).setIntercept(onCall(does));
    const name = backend === 'gone' ? 'gone_status' : `${backend}_echo`;
    const answer = await modern(world.proxy.mcpUrl, 'tools/call', { name, arguments: args }, { token });
    const told = OF_CALLS.flatMap((one) => log.of(one).map((fields) => ({ event: one, ...fields })));
    expect(told).toEqual([expect.objectContaining({ event, backend, ...row.line })]);
    if (row.unnumbered !== true) expect(told[0]).toHaveProperty('reference', numberIn(answer));
    expect(log.alarms.filter((one) => OF_CALLS.includes(one))).toHaveLength(row.quiet === true ? 0 : 1);
    for (const secret of [SECRET, token, 'the-key', 'inject-token-of'])
      expect(log.lines.join()).not.toContain(secret);
  },
);

test('a storm of one failure leaves one line for each call that was told, and no more', async () => {
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(503).end();
    return true;
  });
  const answers = await Promise.all(
    Array.from({ length: 30 }, () =>
      modern(world.proxy.mcpUrl, 'tools/call', { name: 'modern_echo', arguments: {} }, { token }),
    ),
  );
  const numbers = answers.map(numberIn);
  expect(new Set(numbers).size).toBe(30);
  expect(
    log
      .of('call-failed')
      .map(({ reference }) => reference)
      .sort(),
  ).toEqual([...numbers].sort());
});
