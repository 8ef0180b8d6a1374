import { expect, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { until } from '@gatehouse/testing/until';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { Answer } from '../mcp/answer.js';
import type { HandedStream } from './handed-stream.js';
import type { ResumableStream } from './resumable-stream.js';
import { StreamHandovers } from './stream-handovers.flow.js';

/** A process that stands still for three of them takes the other one for dead. */
const SIGN_MS = 500;
const SESSION = { digest: sha256('session') } as McpSession;
const [WRITER, READER] = [sha256('writer'), sha256('reader')];

/** Two replicas; the first writes a stream on which nothing is said. `dies`: nothing that it says arrives any more. */
function replicas() {
  const said: HandedStream['said'][] = [];
  const alive = new Set([WRITER, READER]);
  const of: Record<string, StreamHandovers> = {};
  const silent = { resume: () => 'reading' } as unknown as ResumableStream;
  for (const name of [WRITER, READER])
    of[name] = new StreamHandovers(
      { find: () => (name === WRITER ? silent : undefined) },
      {
        say: async (to, one) => {
          if (!alive.has(name)) return false;
          said.push(one.said);
          // What is said is sealed on its way; here it is opened as it is.
          await of[to]?.heard({ replica: to, sealed: JSON.stringify(one) });
          return true;
        },
      },
      {
        address: name,
        open: async (sealed: string) => await Promise.resolve(JSON.parse(sealed) as unknown),
      },
      SIGN_MS,
      { hear: () => false },
    );
  return { said, reader: of[READER], dies: () => alive.delete(WRITER) };
}

function answer() {
  const state = { begun: false, broken: false };
  const self = {
    get begun() {
      return state.begun;
    },
    begin: () => (state.begun = true),
    write: () => true,
    breakOff: () => (state.broken = true),
    onGone: () => undefined,
    onDrain: () => undefined,
  };
  return { state, answer: self as unknown as Answer };
}

const place = {
  kind: 'call',
  replica: WRITER,
  stream: '6f0a9a9e-3f5e-4f9b-8f0b-0d4f4a2f7c11',
  position: 1,
} as never;

test('a stream on which nothing is said for long is read on; when its replica dies, the client is sent away to come back', async () => {
  const { said, reader, dies } = replicas();
  const reading = answer();
  await expect(reader?.ask(place, SESSION, reading.answer)).resolves.toEqual({ kind: 'reading' });
  await until(() => said.filter((one) => one === 'still').length > 4);
  expect(reading.state).toEqual({ begun: true, broken: false });
  dies();
  await until(() => reading.state.broken);
});
