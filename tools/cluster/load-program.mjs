/**
 * Runs in a pod, bundled into one file (load.mjs): people who signed in once call every backend over and over, each with the client of the
 * MCP SDK, which renews its tokens by itself. Each second a line says how it went so far. It hides no failure and asks nothing again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectSignedIn } from '../../apps/gatehouse/dist/main-job/demonstration-client.js';

const { MCP_URL = '', PAUSE_MS = '250', BACKENDS = '', WATCHED = '' } = process.env;
const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
/** Whose token has to arrive at each backend: `repos=octo-` is octo-<login>, and `tickets-self=` the person's own. */
const SUBJECTS = Object.fromEntries(
  [...BACKENDS.matchAll(/([\w-]+)=([\w-]*)/g)].map(([, backend, prefix]) => [
    backend,
    (login, own) => (prefix === '' ? own : `${prefix}${login}`),
  ]),
);
const MOST_TROUBLES = 20;
const RENEWED_BEFORE_MS = 10_000;

const counts = { signedIn: 0, calls: 0, failed: 0, wrong: 0, renewed: 0, slowestMs: 0 };
/** How a backend answers that may refuse, and how often in a row: these calls are not among the others. */
const watched = { isRight: false, inARow: 0 };
/** @type {string[]} */
const troubles = [];

function trouble(login, backend, message) {
  if (troubles.length < MOST_TROUBLES)
    troubles.push(`${new Date().toISOString().slice(11, 23)} ${login} ${backend}: ${message}`);
}

const subjectOf = (token) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub;

/** @param {any} error whatever was thrown */
const reasonOf = ({ message, cause }) =>
  cause === undefined ? message : `${message} (${cause.code ?? cause.message})`;

async function call(client, login, own, backend) {
  const beganMs = Date.now();
  try {
    const result = await client.callTool({ name: `${backend}_whoami`, arguments: {} });
    if (result.isError) throw new Error(JSON.stringify(result.content).slice(0, 300));
    const { subject } = result.structuredContent ?? {};
    if (subject !== SUBJECTS[backend](login, own)) {
      counts.wrong += 1;
      trouble(login, backend, `the token of ${subject} arrived`);
    }
  } catch (error) {
    counts.failed += 1;
    trouble(login, backend, reasonOf(error).slice(0, 300));
  }
  counts.calls += 1;
  counts.slowestMs = Math.max(counts.slowestMs, Date.now() - beganMs);
}

async function watch(client) {
  if (WATCHED === '') return;
  const isRight = await client.callTool({ name: `${WATCHED}_whoami`, arguments: {} }).then(
    (result) => result.isError !== true,
    () => false,
  );
  watched.inARow = isRight === watched.isRight ? watched.inARow + 1 : 1;
  watched.isRight = isRight;
}

async function useGateway(login) {
  const { client, accessToken } = await connectSignedIn(new URL(MCP_URL), { login, password: 'demo' });
  const own = subjectOf(accessToken);
  counts.signedIn += 1;
  for (;;) {
    for (const backend of Object.keys(SUBJECTS)) {
      await call(client, login, own, backend);
      await delay(Number(PAUSE_MS));
    }
    await watch(client);
  }
}

/** @param {string | null} bearer whether it ends so soon that a call may outlive it */
function endsSoon(bearer) {
  const claims = bearer?.split('.')[1];
  if (claims === undefined) return false;
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).exp * 1_000 - Date.now() < RENEWED_BEFORE_MS;
}

/**
 * Requests for tokens after the first ones are renewals. These people heed `expires_in`: the gateway would take a token some time longer,
 * for clocks that differ, and an exchange endpoint that is handed it need not.
 */
const ask = globalThis.fetch;
globalThis.fetch = async (input, options) => {
  const bearer = new Headers(options?.headers).get('authorization');
  if (String(input) === MCP_URL && endsSoon(bearer)) return new Response(null, { status: 401 });
  const body = String(options?.body ?? '');
  const answer = await ask(input, options);
  if (body.includes('grant_type=refresh_token') && answer.ok) counts.renewed += 1;
  return answer;
};

setInterval(() => {
  console.log(JSON.stringify({ ...counts, watched, troubles }));
  counts.slowestMs = 0;
}, 1_000);
// One after the other: what is looked at is calls, and not many sign-ins at once.
const working = [];
for (const login of PEOPLE) {
  const before = counts.signedIn;
  working.push(useGateway(login));
  while (counts.signedIn === before) await Promise.race([working.at(-1), delay(50)]);
}
await Promise.all(working);
