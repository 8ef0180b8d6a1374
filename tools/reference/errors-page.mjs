/** docs/reference/errors.md: what becomes of each error code. The programs' own functions are asked, not described. */
import { ERROR_CODES } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { errorStatus } from '../../apps/authorization-server/dist/pages/error-page.js';
import { Failures } from '../../apps/vmcp-proxy/dist/calls/failures.js';
import { RefusedCalls } from '../../apps/vmcp-proxy/dist/calls/refused-calls.js';
import { fail } from '../../apps/vmcp-proxy/dist/edge/refused-requests.js';
import { Callers } from '../../apps/vmcp-proxy/dist/incoming-auth/caller.js';
import { RequestStates } from '../../apps/vmcp-proxy/dist/refusals/request-state.js';
import { REQUESTS } from '../../libs/contracts/dist/table.js';
import { code, generatedFrom, table } from './markdown.mjs';
import { errorsMadeBelow } from './sources.mjs';

const OWNERS = {
  client: 'whoever wrote the client, or its operator',
  user: 'the person at the client',
  config: 'whoever runs the gateway: its configuration, or that of a provider',
  upstream: 'whoever runs the provider or the backend',
  capacity: 'nobody, or whoever runs the gateway: something is full or away',
  us: 'whoever develops Gatehouse',
};

/** An answer that remembers what it was given. */
function recorder() {
  const said = { status: 0, body: '', begun: false, isLive: false, isEventStream: false };
  return {
    said,
    answer: {
      ...said,
      whole: (status, _type, body) => Object.assign(said, { status, body: body.toString() }),
      empty: (status) => Object.assign(said, { status, body: '' }),
    },
  };
}

/** Whatever is asked for is there and does nothing: only what decides about the answer is real. */
function callOf(kind, { canOpenUrls, era }) {
  const { said, answer } = recorder();
  const capabilities = canOpenUrls ? { elicitation: { url: {} } } : {};
  const client =
    era === 'modern'
      ? { era, envelope: { capabilities } }
      : { era, session: { protocolVersion: '2025-11-25', capabilities } };
  const call = {
    target: { kind, name: 'a' },
    principal: { key: 'p', issuer: 'https://gateway.example', subject: 's' },
    scope: { place: '' },
    client,
    message: { id: 1, method: 'm', params: new Map() },
    headers: {},
    answer,
  };
  return { said, call };
}

/** HTTP status and JSON-RPC code. */
function spoken({ status, body }) {
  if (body === '') return `${status}`;
  const { error, result } = JSON.parse(body);
  if (error !== undefined) return `${status}, \`${error.code}\``;
  if (result.resultType === 'input_required') return `${status}, \`input_required\``;
  return `${status}, result with \`isError\``;
}

const PLAIN_CLIENT = { era: 'modern', canOpenUrls: false };

function ofCall(name, kind, client) {
  const { said, call } = callOf(kind, client);
  const failures = new Failures('https://gateway.example', () => ['github'], new RequestStates());
  failures.answer(/** @type {never} */ (call), 'tickets', new GatehouseError(name), { reference: 'a' });
  return spoken(said);
}

/** What is decided before a backend is asked. */
const REFUSALS = {
  not_allowed: { kind: 'forbidden', why: 'a policy' },
  insufficient_scope: { kind: 'scopes', scopes: ['a'] },
  rate_limited: { kind: 'limited', limit: 'a', retryAfterSeconds: 1 },
};

function refusedCall(name) {
  const { said, call } = callOf('tool', PLAIN_CLIENT);
  new RefusedCalls({ unknownName: () => {} }, () => undefined).answer(
    /** @type {never} */ (call),
    /** @type {never} */ (REFUSALS[name]),
    'a',
  );
  return spoken(said);
}

function ofRequest(name) {
  const { said, answer } = recorder();
  fail(/** @type {never} */ (answer), new GatehouseError(name), { failure: () => {} });
  return spoken(said);
}

/** A bearer token that the verifier refuses with this code. */
async function ofToken(name) {
  const verifier = { verify: () => Promise.reject(new GatehouseError(name)) };
  const incoming = { type: 'oidc', oidc: { scopes: [] } };
  const callers = new Callers(
    /** @type {never} */ (incoming),
    /** @type {never} */ (verifier),
    undefined,
    /** @type {never} */ ({ areRequired: false }),
    { warn: () => {}, failure: () => {} },
  );
  const headers = { authorization: 'Bearer a.b.c' };
  const caller = await callers.identify(
    /** @type {never} */ ({ headers, rawHeaders: [] }),
    { audience: 'https://gateway.example/mcp', url: 'https://gateway.example/mcp' },
    { certificate: () => undefined },
  );
  return caller.kind === 'challenge' ? String(caller.status) : undefined;
}

/** Codes that a service may meet: those that it makes itself, and those that the services which it asks may send. */
function met(service, libraries = []) {
  const own = errorsMadeBelow([`apps/${service}/src`, ...libraries]);
  const asked = REQUESTS.filter(({ calledBy }) => calledBy.includes(service)).flatMap(({ errors }) => errors);
  return new Set([...own, ...asked, 'unavailable', 'internal']);
}

/** What can go wrong with a request of which no call has come yet. */
const isOfRequests = (name) =>
  ERROR_CODES[name].owner === 'capacity' || name === 'request_invalid' || name === 'internal';

async function answersOf(name, proxy, pages) {
  const page = pages.has(name) ? String(errorStatus(name, ERROR_CODES[name].owner)) : '';
  const refused = REFUSALS[name] === undefined ? [] : [refusedCall(name)];
  if (!proxy.has(name)) return { page, tool: refused, other: refused.join(), before: '' };
  const challenged = await ofToken(name);
  if (challenged !== undefined) return { page, tool: [], other: '', before: challenged };
  return {
    page,
    tool: [...refused, ofCall(name, 'tool', PLAIN_CLIENT)],
    other: [...refused, ofCall(name, 'prompt', PLAIN_CLIENT)].join('; '),
    before: isOfRequests(name) ? ofRequest(name) : '',
  };
}

export const errorsPage = {
  path: 'docs/reference/errors.md',
  sources: async () => {
    const proxy = met('vmcp-proxy', ['libs/access-tokens/src', 'libs/safe-fetch/src']);
    const pages = met('authorization-server');
    const names = Object.keys(ERROR_CODES);
    return {
      facts: ERROR_CODES,
      answers: Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, await answersOf(name, proxy, pages)])),
      ),
      prompts: {
        modern: ofCall('connection_missing', 'tool', { era: 'modern', canOpenUrls: true }),
        legacy: ofCall('connection_missing', 'tool', { era: 'legacy', canOpenUrls: true }),
        other: ofCall('connection_missing', 'tool', { era: 'legacy', canOpenUrls: false }),
      },
    };
  },
  text: ({ facts, answers, prompts }) =>
    [
      '# Error codes',
      generatedFrom('`libs/kernel/src/error-codes.ts` and the functions that answer clients'),
      'This is the closed list of codes that cross a boundary. Each leads to what it means and what to do about it.',
      '## Who has to act',
      table(['owner', 'who'], Object.entries(OWNERS)),
      '_Retry_: **safe** = nothing happened, the same request may be sent again; **after-action** = once the owner has acted; **never** = the same request fails again. A call that may have run says `check-first` in place of it, whatever its code.',
      '## Codes',
      table(
        ['code', 'owner', 'retry', 'text that anybody may read'],
        Object.entries(facts).map(([name, { owner, retry, publicText }]) => [
          `[${code(name)}](../failure-modes.md#${name})`,
          owner,
          retry,
          publicText,
        ]),
      ),
      '## How each is answered',
      [
        '- _Page_: HTTP status of a page of the authorization server. Its protocol endpoints have the error codes of OAuth instead; for what is owned by _capacity_ they say `temporarily_unavailable` with 503.',
        '- _Tool call_, _other call_: HTTP status and JSON-RPC code of a call that failed at a backend, or at its credential, as a client of MCP 2026-07-28 gets it. Where there are two, the first is for a call that is refused before a backend is asked.',
        '- _Before a call_: of a request whose caller or message could not be dealt with. 401 has no JSON-RPC message: it has `WWW-Authenticate`. A session that ends during a call ends it so, too, where no answer has begun.',
        '- Empty: it does not come there.',
        '- A JSON-RPC error `-31000` has the code as `data.code`, and `data.retry`. A result with `isError` has it in parentheses at the end of its text.',
      ].join('\n'),
      table(
        ['code', 'page', 'tool call', 'other call', 'before a call'],
        Object.entries(answers).map(([name, { page, tool, other, before }]) => [
          `[${code(name)}](../failure-modes.md#${name})`,
          page,
          tool.join('; '),
          other,
          before,
        ]),
      ),
      '## When only the person can help',
      `\`connection_missing\`, \`reauth_required\` and \`insufficient_scope\` of a backend come with a link to the connect page where the authorization server is the embedded one. A client that can open URLs is asked to: in MCP 2026-07-28 by a result (${prompts.modern}), in 2025-11-25 by an error (${prompts.legacy}). Every other client gets the link as text (${prompts.other}).`,
      '',
    ].join('\n\n'),
  drift: (sources) => ({
    ...sources,
    facts: { ...sources.facts, planted_code: { owner: 'us', retry: 'never', publicText: 'Planted.' } },
  }),
};
