import {
  comes,
  hearsOfTool,
  isUpdate,
  progressAtBoth,
  QUESTIONS,
  Refused,
  resultOf,
  textOf,
  WATCHED,
  type Feature,
  type Probe,
  type Question,
} from './cells.js';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const TOOLS = { toolsListChanged: true };

interface InputRequired {
  readonly inputRequests?: Readonly<Record<string, { readonly method: string }>>;
  readonly requestState?: string;
}

/** A result asks; the call is made again at the other replica, with the answer (multi round-trip requests). */
const asks =
  ({ tool, args, method, answer, says }: Question): Probe =>
  async ({ client, here, there }) => {
    const first = resultOf(await client.call(here, tool, args).response()) as InputRequired;
    const [[key, asked] = ['', { method: '' }]] = Object.entries(first.inputRequests ?? {});
    if (asked.method !== method) throw new Refused(`it asks for ${asked.method || 'nothing'}`);
    const { requestState } = first;
    const more = {
      inputResponses: { [key]: answer },
      ...(requestState === undefined ? {} : { requestState }),
    };
    return textOf(resultOf(await client.call(there, tool, args, more).response())).includes(says);
  };

/** How a client of 2026-07-28 does it. Each of its requests stands for itself. */
export const MODERN: Readonly<Record<Feature, Probe>> = {
  'elicitation, answered at the other replica': asks(QUESTIONS.elicitation),
  'sampling, answered at the other replica': asks(QUESTIONS.sampling),
  'roots, answered at the other replica': asks(QUESTIONS.roots),
  /** By going away. A notification at the other replica is about nothing there, and is answered all the same. */
  cancellation: async ({ client, backend, here, there }) => {
    const { waiting, cancelled } = backend;
    const call = client.call(here, 'wait_until_cancelled');
    const requestId = client.lastId;
    if (!(await comes(() => backend.waiting > waiting))) return false;
    await client.notify(there, 'notifications/cancelled', { requestId });
    call.breakOff();
    return await comes(() => backend.cancelled > cancelled);
  },
  'resumption at the other replica': async ({ client, there }) => {
    const again = client.listen(there, 'an-event-of-the-other-replica');
    const status = await again.begun();
    if (status >= 400) throw new Refused(String(status));
    return true;
  },
  'resources/subscribe, asked of the other replica': async ({ client, there }) => {
    resultOf(await client.request(there, 'resources/subscribe', { uri: WATCHED }).response());
    return true;
  },
  'subscriptions/listen, of a resource': async ({ client, backend, here, there }) => {
    const streams = [here, there].map((replica) =>
      client.subscribe(replica, { resourceSubscriptions: [WATCHED] }),
    );
    for (const stream of streams) await stream.begun();
    return await comes(() => {
      backend.updated(WATCHED);
      return streams.every(({ messages }) => messages.some(isUpdate));
    });
  },
  list_changed: async (sides) =>
    await hearsOfTool(sides, sides.client.subscribe(sides.here, TOOLS), sides.here),
  'list_changed, and the list of the other replica': async (sides) =>
    await hearsOfTool(sides, sides.client.subscribe(sides.here, TOOLS), sides.there),
  /** The level belongs to one request: what one replica was asked is nothing to the other one. */
  'logging level, set at the other replica': async ({ client, here, there }) => {
    const loud = client.call(there, 'test_tool_with_logging', {}, { _meta: { [LOG_LEVEL]: 'debug' } });
    const quiet = client.call(here, 'test_tool_with_logging');
    const counts = [];
    for (const call of [loud, quiet]) {
      resultOf(await call.response());
      counts.push(call.messages.filter(({ method }) => method === 'notifications/message').length);
    }
    return counts.join() === '3,0';
  },
  'progress at both replicas': progressAtBoth,
};
