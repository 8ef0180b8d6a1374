import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { until } from '@gatehouse/testing/until';
import type { EverythingBackend } from '../everything/everything-backend.js';
import { ANSWERED_WITHIN_MS, ProbingClient } from './probing-client.js';

/** What of one feature reaches the other side: all of it, or what the client is told in its place. */
export type Arrival = 'arrives' | `refused: ${string}` | 'HANGS';

interface Sides {
  readonly from: ProbingClient;
  readonly backend: EverythingBackend;
}

/** @returns whether what was sent came out at the other side. @throws what the client is told. */
type Probe = (sides: Sides) => Promise<boolean>;

const MAX_SHOWN = 90;
/** For what comes beside a result, if it comes at all. */
const COMES_WITHIN_MS = 20_000;

/** Calls a tool that asks, and looks at both sides: the client was asked, and its answer came back to the tool. */
const asks =
  (tool: string, method: string, answer: string, args: Record<string, unknown> = {}): Probe =>
  async ({ from }) => {
    const text = await textOf(from, tool, args);
    return from.asked.includes(method) && text.includes(answer);
  };

export const FEATURES: Readonly<Record<string, Probe>> = {
  'plain result': async ({ from }) => (await textOf(from, 'test_simple_text')) === 'One line of text.',
  'error of a tool': async ({ from }) => {
    const { isError, content } = await from.call('test_error_handling');
    return isError === true && JSON.stringify(content).includes('This tool always fails.');
  },
  'error of the protocol': async ({ from }) =>
    await from.client.readResource({ uri: 'test://nothing' }, { timeout: ANSWERED_WITHIN_MS }).then(
      () => false,
      (error: unknown) => {
        if (isUnknownResource(error)) return true;
        throw error;
      },
    ),
  progress: async ({ from }) => {
    await textOf(from, 'test_tool_with_progress');
    return (await comes(() => from.progress.length === 3)) && from.progress.join() === '0,50,100';
  },
  'log messages': async ({ from }) => {
    await textOf(from, 'test_tool_with_logging');
    return await comes(() => from.logMessages === 3);
  },
  'elicitation (form)': asks('test_elicitation', 'elicitation/create', 'my email', {
    message: 'Who?',
  }),
  'elicitation (URL)': asks('ask_to_open', 'elicitation/create (url)', 'accept'),
  sampling: asks('test_sampling', 'sampling/createMessage', 'Paris', { prompt: 'Which city?' }),
  roots: asks('test_input_required_result_list_roots', 'roots/list', 'file:///home/alice'),
  'two questions in a row': async ({ from }) => {
    const text = await textOf(from, 'test_input_required_result_multi_round');
    return from.asked.length === 2 && text === 'Both are answered.';
  },
  'stream that is taken up': async ({ from }) =>
    (await textOf(from, 'test_reconnection')) === 'It was worth coming back.',
  cancellation: async ({ from, backend }) => {
    const controller = new AbortController();
    const [waiting, cancelled] = [backend.waiting, backend.cancelled];
    const call = { isOver: false };
    const given = from
      .call('wait_until_cancelled', {}, controller.signal)
      .finally(() => (call.isOver = true));
    await until(() => call.isOver || backend.waiting > waiting, ANSWERED_WITHIN_MS);
    controller.abort();
    const isGivenUp = given.then(
      () => false,
      (error: unknown) => {
        if (backend.waiting > waiting) return true;
        throw error;
      },
    );
    return (await isGivenUp) && (await comes(() => backend.cancelled > cancelled));
  },
  'resource read': async ({ from }) => {
    const options = { timeout: ANSWERED_WITHIN_MS };
    const fixed = await from.client.readResource({ uri: 'test://static-text' }, options);
    const filled = await from.client.readResource({ uri: 'test://template/7/data' }, options);
    const texts = JSON.stringify([fixed.contents, filled.contents]);
    return texts.includes('What the text resource says.') && texts.includes('templateTest');
  },
  prompt: async ({ from }) => {
    const name = 'test_prompt_with_arguments';
    const prompt = { name, arguments: { arg1: 'one', arg2: 'two' } };
    const { messages } = await from.client.getPrompt(prompt, { timeout: ANSWERED_WITHIN_MS });
    return JSON.stringify(messages).includes("'one' and 'two'");
  },
  'prompt that asks': async ({ from }) => {
    const name = 'test_input_required_result_prompt';
    const { messages } = await from.client.getPrompt({ name }, { timeout: ANSWERED_WITHIN_MS });
    return from.asked.length === 1 && JSON.stringify(messages).includes('my context');
  },
  completion: async ({ from }) => {
    const ref = { type: 'ref/prompt', name: 'test_prompt_with_arguments' } as const;
    const asked = { ref, argument: { name: 'arg1', value: 'par' } };
    const { completion } = await from.client.complete(asked, { timeout: ANSWERED_WITHIN_MS });
    return completion.values.join() === 'paris,park,party';
  },
};

/** What only a client that can answer gets through. */
export const QUESTIONS = [
  'elicitation (form)',
  'elicitation (URL)',
  'sampling',
  'roots',
  'two questions in a row',
  'prompt that asks',
];

/** One cell of the table. It ends, whatever the other side does. */
export async function arrival(feature: string, sides: Sides): Promise<Arrival> {
  const probe = FEATURES[feature];
  if (probe === undefined) throw new Error(`there is no feature ${feature}`);
  const bound = new AbortController();
  const tooLate = new Promise<'HANGS'>((resolve) => {
    const timer = setTimeout(() => resolve('HANGS'), 2 * ANSWERED_WITHIN_MS);
    bound.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
  const probed = probe(sides).then(
    (isThere): Arrival => (isThere ? 'arrives' : 'refused: it does not come'),
    toldInstead,
  );
  const arrived = await Promise.race([probed, tooLate]);
  bound.abort();
  return arrived;
}

const comes = async (isThere: () => boolean): Promise<boolean> =>
  await until(isThere, COMES_WITHIN_MS).then(
    () => true,
    () => false,
  );

async function textOf(from: ProbingClient, tool: string, args?: Record<string, unknown>): Promise<string> {
  const { content, isError } = await from.call(tool, args);
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
  if (isError === true) throw new Refused(text);
  return text;
}

/** What the client's model is told. */
class Refused extends Error {}

function toldInstead(error: unknown): Arrival {
  if (error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout) return 'HANGS';
  if (!(error instanceof Refused || error instanceof ProtocolError || error instanceof SdkError))
    return 'HANGS';
  return `refused: ${error.message.replaceAll(/\s+/g, ' ').slice(0, MAX_SHOWN)}`;
}

/** "Resource not found" has another code in 2026-07-28 (SEP-2164). */
const isUnknownResource = (error: unknown): boolean =>
  error instanceof ProtocolError && [-32_602, -32_002].includes(error.code);
