import {
  comes,
  hearsOfTool,
  isUpdate,
  progressAtBoth,
  QUESTIONS,
  resultOf,
  textOf,
  WATCHED,
  type Feature,
  type Probe,
  type Question,
  type Sides,
} from './cells.js';

/** The call is at one replica, the answer arrives at the other one. */
const asks =
  ({ tool, args, method, answer, says }: Question): Probe =>
  async ({ client, here, there }) => {
    const call = client.call(here, tool, args);
    const question = await call.heard((message) => message['method'] === method, method);
    await client.answer(there, question['id'], answer);
    return textOf(resultOf(await call.response())).includes(says);
  };

async function logMessages({ client, here }: Sides): Promise<number> {
  const call = client.call(here, 'test_tool_with_logging');
  resultOf(await call.response());
  return call.messages.filter(({ method }) => method === 'notifications/message').length;
}

/** How a client of 2025-11-25 does it. Its session is known to both replicas; its calls and streams are at one. */
export const LEGACY: Readonly<Record<Feature, Probe>> = {
  'elicitation, answered at the other replica': asks(QUESTIONS.elicitation),
  'sampling, answered at the other replica': asks(QUESTIONS.sampling),
  'roots, answered at the other replica': asks(QUESTIONS.roots),
  cancellation: async ({ client, backend, here, there }) => {
    const { waiting, cancelled } = backend;
    const call = client.call(here, 'wait_until_cancelled');
    const requestId = client.lastId;
    if (!(await comes(() => backend.waiting > waiting))) return false;
    const status = await client.notify(there, 'notifications/cancelled', { requestId });
    await call.ended();
    return status === 202 && (await comes(() => backend.cancelled > cancelled));
  },
  'resumption at the other replica': async ({ client, here, there }) => {
    const { tool, args, method, answer, says } = QUESTIONS.elicitation;
    const call = client.call(here, tool, args);
    const question = await call.heard((message) => message['method'] === method, method);
    call.breakOff();
    const resumed = client.listen(there, call.lastEventId);
    await resumed.begun();
    await client.answer(there, question['id'], answer);
    return textOf(resultOf(await resumed.response())).includes(says);
  },
  'resources/subscribe, asked of the other replica': async ({ client, backend, here, there }) => {
    const stream = client.listen(here);
    await stream.begun();
    resultOf(await client.request(there, 'resources/subscribe', { uri: WATCHED }).response());
    // The feed at the backend begins after the answer; what is said before it does is for nobody.
    return await comes(() => {
      backend.updated(WATCHED);
      return stream.messages.some(isUpdate);
    });
  },
  'subscriptions/listen, of a resource': async ({ client, there }) => {
    const notifications = { resourceSubscriptions: [WATCHED] };
    resultOf(await client.request(there, 'subscriptions/listen', { notifications }).response());
    return true;
  },
  list_changed: async (sides) => await hearsOfTool(sides, sides.client.listen(sides.here), sides.here),
  'list_changed, and the list of the other replica': async (sides) =>
    await hearsOfTool(sides, sides.client.listen(sides.here), sides.there),
  'logging level, set at the other replica': async (sides) => {
    const setLevel = async (level: string): Promise<void> => {
      resultOf(await sides.client.request(sides.there, 'logging/setLevel', { level }).response());
    };
    // The other replica is told beside the answer.
    await setLevel('debug');
    if (!(await comes(async () => (await logMessages(sides)) === 3))) return false;
    await setLevel('error');
    return await comes(async () => (await logMessages(sides)) === 0);
  },
  'progress at both replicas': progressAtBoth,
};
