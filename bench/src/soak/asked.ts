import { randomUUID } from 'node:crypto';
import type { Exchange, Message } from '@gatehouse/testing/mcp-exchange';
import type { SpreadClient } from '@gatehouse/testing/spread-client';
import { Failed, kindOf, resultOf } from './outcomes.js';
import { LARGE_BYTES, STEPS } from './said-by-backend.js';

/** Backends of the demonstration, one for each way of being called. */
const BACKENDS = ['repos', 'directory', 'tickets', 'status'] as const;
/** Everybody asks what stands before them which replica is next. */
const BALANCED = 0;

/** What one client does, and what has to come of it. */
interface Doing {
  readonly client: SpreadClient;
  readonly login: string;
}

type Work = (doing: Doing) => Promise<void>;

interface Said {
  readonly subject?: string | null;
  readonly code?: unknown;
  readonly filling?: string;
}

/** @throws {Failed} when the answer is not this person's. */
async function saidIn(exchange: Exchange, expected: string | null): Promise<Said> {
  const response = await exchange.response();
  const result = resultOf(response, exchange.status);
  const said = result['structuredContent'] as Said | undefined;
  // A question of the gateway's own, for instance: what it is tells its words.
  if (said === undefined)
    throw new Failed(kindOf(exchange.status, JSON.stringify(result)), `no answer: ${JSON.stringify(result)}`);
  if (said.subject !== expected)
    throw new Failed('wrong user', `${String(said.subject)} in place of ${String(expected)}`);
  await exchange.ended().catch(() => {
    throw new Failed('stuck stream', `${exchange.what} goes on after its response`);
  });
  return said;
}

const asOcto = ({ login }: Doing): string => `octo-${login}`;

const isProgress = ({ method }: Message): boolean => method === 'notifications/progress';

const whoAmI =
  (backend: (typeof BACKENDS)[number]): Work =>
  async (doing) => {
    const subjects = { repos: asOcto(doing), status: null };
    const subject = backend in subjects ? subjects[backend as keyof typeof subjects] : `acme-${doing.login}`;
    await saidIn(doing.client.call(BALANCED, `${backend}_whoami`), subject);
  };

/** A question: on the stream of a session, or as a result. Its answer has to reach the call that asked. */
const ask: Work = async (doing) => {
  const { client } = doing;
  const code = randomUUID();
  const given = { action: 'accept', content: { code } };
  const call = client.call(BALANCED, 'soak_ask');
  let answered = call;
  if (client.era === 'legacy') {
    const question = await call.heard(
      (message) => 'method' in message || 'error' in message || 'result' in message,
      'a question',
    );
    if (question['method'] !== 'elicitation/create') resultOf(question, call.status);
    const status = await client.answer(BALANCED, question['id'], given);
    if (status !== 202) {
      // The call would wait for ever.
      call.breakOff();
      throw new Failed(status >= 500 ? 'try again' : 'other', `the answer: ${status}`);
    }
  } else {
    const { inputRequests = {}, requestState } = resultOf(await call.response(), call.status);
    const [key = ''] = Object.keys(inputRequests as object);
    answered = client.call(BALANCED, 'soak_ask', {}, { inputResponses: { [key]: given }, requestState });
  }
  if ((await saidIn(answered, asOcto(doing))).code !== code)
    throw new Failed('wrong answer', 'the answer to another question');
};

const steps: Work = async (doing) => {
  const _meta = { progressToken: randomUUID() };
  const call = doing.client.call(BALANCED, 'soak_steps', {}, { _meta });
  await saidIn(call, asOcto(doing));
  const told = call.messages.filter(isProgress).map(({ params }) => (params as Message)['progressToken']);
  if (told.length !== STEPS || told.some((token) => token !== _meta.progressToken))
    throw new Failed('wrong answer', `progress: ${told.length} of ${STEPS}`);
};

const large: Work = async (doing) => {
  const { filling = '' } = await saidIn(doing.client.call(BALANCED, 'soak_large'), asOcto(doing));
  if (filling.length !== LARGE_BYTES) throw new Failed('wrong answer', `${filling.length} bytes`);
};

/** The connection breaks in the middle of a call; the client goes on with the stream, at whichever replica. */
const resume: Work = async (doing) => {
  const { client } = doing;
  const call = client.call(BALANCED, 'soak_steps', {}, { _meta: { progressToken: randomUUID() } });
  const first = await call.heard(() => call.messages.length > 0, 'a message');
  if (!isProgress(first)) resultOf(first, call.status);
  // Its result may have come meanwhile: nothing comes after that.
  const isOver = call.messages.some((message) => !isProgress(message));
  if (!isOver) call.breakOff();
  await saidIn(isOver ? call : client.listen(BALANCED, call.lastEventId), asOcto(doing));
};

/** The client goes away in the middle of a call: nobody has to hear of it any more. */
const leave: Work = async ({ client }) => {
  const call = client.call(BALANCED, 'soak_steps', {}, { _meta: { progressToken: randomUUID() } });
  const first = await call.heard(() => call.messages.length > 0, 'a message');
  if (!isProgress(first)) resultOf(first, call.status);
  call.breakOff();
};

const lists: Work = async ({ client }) => {
  const listing = client.request(BALANCED, 'tools/list');
  const { tools } = resultOf(await listing.response(), listing.status) as {
    readonly tools?: readonly unknown[];
  };
  if (tools === undefined || tools.length === 0) throw new Failed('wrong answer', 'no tools');
  await listing.ended();
};

const COMMON: readonly (readonly [string, Work])[] = [
  ...BACKENDS.map((backend) => [`whoami at ${backend}`, whoAmI(backend)] as const),
  ['question', ask],
  ['progress', steps],
  ['large result', large],
  ['lists', lists],
];

/** In turn, by era. */
export const WORKS: Readonly<Record<SpreadClient['era'], readonly (readonly [string, Work])[]>> = {
  legacy: [...COMMON, ['resumption', resume]],
  modern: [...COMMON, ['client leaves', leave]],
};
