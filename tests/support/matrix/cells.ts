import type { Exchange, Message } from '@gatehouse/testing/mcp-exchange';
import type { SpreadClient } from '@gatehouse/testing/spread-client';
import { until } from '@gatehouse/testing/until';
import type { EverythingBackend } from '../everything/everything-backend.js';

/** A client whose state is at one replica, and the replica to which its next request goes. */
export interface Sides {
  readonly client: SpreadClient;
  readonly backend: EverythingBackend;
  readonly here: number;
  readonly there: number;
}

/** @returns whether what was sent came out at the other side. @throws what the client is told in its place. */
export type Probe = (sides: Sides) => Promise<boolean>;

/** Everything that has a state somewhere between client and backend. */
export const FEATURES = [
  'elicitation, answered at the other replica',
  'sampling, answered at the other replica',
  'roots, answered at the other replica',
  'cancellation',
  'resumption at the other replica',
  'resources/subscribe, asked of the other replica',
  'subscriptions/listen, of a resource',
  'list_changed',
  'list_changed, and the list of the other replica',
  'logging level, set at the other replica',
  'progress at both replicas',
] as const;
export type Feature = (typeof FEATURES)[number];

/** What a client is told in place of a result. */
export class Refused extends Error {}

/** What of a response its client is told, if it is no result. @throws {Refused} */
export function resultOf(response: Message): Message {
  const { result, error } = response as { readonly result?: Message; readonly error?: Message };
  if (error !== undefined) throw new Refused(`${String(error['code'])} ${String(error['message'])}`);
  if (result?.['isError'] === true) throw new Refused(textOf(result));
  return result ?? {};
}

export const textOf = (result: Message): string =>
  ((result['content'] ?? []) as readonly { readonly text?: string }[])
    .map(({ text = '' }) => text)
    .join('\n');

/** Whether it comes, in the time that anything may take. */
export const comes = async (isThere: () => Promise<boolean> | boolean): Promise<boolean> =>
  await until(isThere).then(
    () => true,
    () => false,
  );

/** What a tool asks, and what its result says of the answer. */
export const QUESTIONS = {
  elicitation: {
    tool: 'test_elicitation',
    args: { message: 'Who?' },
    method: 'elicitation/create',
    answer: { action: 'accept', content: { username: 'my username', email: 'my email' } },
    says: 'my email',
  },
  sampling: {
    tool: 'test_sampling',
    args: { prompt: 'Which city?' },
    method: 'sampling/createMessage',
    answer: { role: 'assistant', content: { type: 'text', text: 'Paris' }, model: 'none' },
    says: 'Paris',
  },
  roots: {
    tool: 'test_input_required_result_list_roots',
    args: {},
    method: 'roots/list',
    answer: { roots: [{ uri: 'file:///home/alice' }] },
    says: 'file:///home/alice',
  },
} as const;
export type Question = (typeof QUESTIONS)[keyof typeof QUESTIONS];

export const WATCHED = 'test://watched-resource';
export const isUpdate = ({ method, params }: Message): boolean =>
  method === 'notifications/resources/updated' && (params as Message)['uri'] === WATCHED;
const isListChange = ({ method }: Message): boolean => method === 'notifications/tools/list_changed';

let gained = 0;
/** A name that no list had before. */
const nextTool = (): string => `gained_${(gained += 1)}`;

async function namesAt({ client }: Sides, replica: number): Promise<readonly string[]> {
  const { tools } = resultOf(await client.request(replica, 'tools/list').response()) as {
    readonly tools?: readonly { readonly name: string }[];
  };
  return (tools ?? []).map(({ name }) => name);
}

/**
 * A client that knows the list hears that it has changed, and looks each time that it hears it: what was announced may have
 * been an earlier change. @returns whether the list of a replica has what is new when that of its own has it.
 */
export async function hearsOfTool(sides: Sides, stream: Exchange, replica: number): Promise<boolean> {
  await stream.begun();
  for (const one of [sides.here, sides.there]) await namesAt(sides, one);
  const tool = nextTool();
  sides.backend.gain(tool);
  const told = (): number => stream.messages.filter(isListChange).length;
  for (let looks = 0; ;) {
    await stream.heard(() => told() > looks, 'list_changed');
    looks = told();
    if ((await namesAt(sides, sides.here)).includes(tool))
      return replica === sides.here || (await namesAt(sides, replica)).includes(tool);
  }
}

/** Both replicas tell of the progress of what was called there. */
export const progressAtBoth: Probe = async ({ client, here, there }) => {
  for (const replica of [here, there]) {
    const _meta = { progressToken: `at-${replica}` };
    const call = client.call(replica, 'test_tool_with_progress', {}, { _meta });
    resultOf(await call.response());
    const told = call.messages
      .filter(({ method }) => method === 'notifications/progress')
      .map(({ params }) => params as Message);
    if (told.some(({ progressToken }) => progressToken !== _meta.progressToken)) return false;
    if (told.map(({ progress }) => progress).join() !== '0,50,100') return false;
  }
  return true;
};
