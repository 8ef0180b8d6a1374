/**
 * Calls of two people through the reverse proxy, until standard input ends: `node load.mjs URL`. Each line that it writes is what happened until
 * then, as JSON. All calls only read. So a call may be repeated where the gateway says so (`retry: safe`), and where nobody says anything: no
 * answer at all, or a status of 502 to 504 without more. It is repeated for two minutes at most.
 */
import { connectSignedIn } from '../../apps/gatehouse/dist/main-job/demonstration-client.js';
import { whoAmI } from '../../libs/testing/dist/mcp-calls.js';

const [url = ''] = process.argv.slice(2);
const PEOPLE = ['alice', 'bob'];
/** Of each person. */
const AT_ONCE = 4;
const REPEAT_FOR_MS = 120_000;
/** Whose name each backend is given: that of the person at this provider. */
const BACKENDS = { repos: 'octo', tickets: 'acme' };

const seen = { calls: 0, repeated: 0, failed: 0, wrong: 0, lastRightMs: 0, reasons: {} };
let isOver = false;
for (const event of ['end', 'close']) process.stdin.once(event, () => (isOver = true));
process.stdin.resume();

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function countReason(why) {
  seen.reasons[why] = (seen.reasons[why] ?? 0) + 1;
}

/** The code of an error. */
const inBrackets = (said) => /\(([a-z_]+)\)/.exec(said)?.[1];

/** @returns {Promise<'right' | 'wrong' | 'failed' | 'again'>} */
async function once(token, backend, subject) {
  let answer;
  try {
    answer = await whoAmI(url, token, backend);
  } catch (/** @type {any} */ error) {
    countReason(error.code ?? error.message);
    return 'again';
  }
  if (answer.who !== undefined) return answer.who.subject === subject ? 'right' : 'wrong';
  const { status, body } = answer;
  const data = /** @type {{ code?: string, retry?: string } | undefined} */ (body.error?.data);
  // Once an answer has begun, what goes wrong is said in the result, which has no room for more than words.
  const said = `${body.result?.content?.[0]?.text ?? ''}`;
  countReason(
    data?.code ?? (body.result === undefined ? `${status}` : (inBrackets(said) ?? 'an error of the tool')),
  );
  const saysNothing = data === undefined && body.result === undefined && status >= 502 && status <= 504;
  return data?.retry === 'safe' || said.includes('it is safe to try again') || saysNothing
    ? 'again'
    : 'failed';
}

async function call(token, backend, subject) {
  const untilMs = Date.now() + REPEAT_FOR_MS;
  let outcome = await once(token, backend, subject);
  while (outcome === 'again' && Date.now() < untilMs) {
    seen.repeated += 1;
    await pause(100);
    outcome = await once(token, backend, subject);
  }
  seen.calls += 1;
  if (outcome === 'right') seen.lastRightMs = Date.now();
  else if (outcome === 'wrong') seen.wrong += 1;
  else seen.failed += 1;
}

async function person(login) {
  const { client, accessToken } = await connectSignedIn(new URL(url), { login, password: 'demo' });
  await client.close();
  const worker = async () => {
    for (let count = 0; !isOver; count += 1) {
      const backend = count % 2 === 0 ? 'repos' : 'tickets';
      await call(accessToken, backend, `${BACKENDS[backend]}-${login}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const tell = () => process.stdout.write(`${JSON.stringify(seen)}\n`);
const timer = setInterval(tell, 100);
await Promise.all(PEOPLE.map(person));
clearInterval(timer);
tell();
process.exit(0);
