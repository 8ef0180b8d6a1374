import { performance } from 'node:perf_hooks';
import { ANONYMOUS } from '@gatehouse/vmcp-proxy/dist/incoming-auth/principal.js';
import { targetOf } from '@gatehouse/vmcp-proxy/dist/calls/call-target.js';
import { outboundRequest } from '@gatehouse/vmcp-proxy/dist/calls/outbound.js';
import { eraOf } from '@gatehouse/vmcp-proxy/dist/mcp/era.js';
import { asMessage } from '@gatehouse/vmcp-proxy/dist/mcp/message.js';
import { RawJson } from '@gatehouse/vmcp-proxy/dist/json/raw-json.js';

/**
 * The cost of a call before the proxy sends anything: from the bytes of the request to the bytes for a backend of the same
 * revision, with the tool's own name. For comparison, JSON.parse and JSON.stringify of the same bytes, which check nothing
 * and change numbers.
 */
const NAME = 'bench-inject_echo';
const HEADERS = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': NAME };
/** Long enough for the clock, and short enough not to be interrupted. */
const WINDOW_MICROS = 100;
const WINDOWS = 3_000;

const ROWS = Array.from({ length: 270 }, (_, id) => ({
  id,
  name: `row ${id}`,
  ok: true,
  price: id * 1.5,
  tags: ['a', 'b'],
}));
const ARGUMENTS = {
  'a small call': { text: 'bench' },
  '20 KB of records': { rows: ROWS },
  '20 KB of text': { text: 'some text with words. '.repeat(900) },
};

console.table(
  Object.entries(ARGUMENTS).map(([call, given]) => {
    const bytes = requestOf(given);
    return {
      call,
      bytes: bytes.length,
      'read, µs': microsOf(() => void asMessage(RawJson.read(bytes))),
      'read and written, µs': microsOf(() => void outboundOf(bytes)),
      'JSON.parse and JSON.stringify, µs': microsOf(() => void JSON.stringify(JSON.parse(bytes.toString()))),
    };
  }),
);

function requestOf(given: object): Buffer {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: NAME, arguments: given, _meta };
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
}

function outboundOf(bytes: Buffer): string | Buffer {
  const message = asMessage(RawJson.read(bytes));
  if (message?.kind !== 'request') throw new Error('no request');
  const era = eraOf(message, HEADERS);
  if (era.era !== 'modern') throw new Error(`the revision is ${era.era}`);
  const target = targetOf(message);
  if (target === undefined) throw new Error('no call');
  const call = {
    target,
    principal: ANONYMOUS,
    client: { era: 'modern', envelope: era.envelope },
    message,
    headers: HEADERS,
    // This benchmark looks for no route, and sends no answers.
    scope: undefined as never,
    answer: undefined as never,
  } as const;
  return outboundRequest(call, { backend: 'bench', original: 'echo' }, { era: 'modern' }).body;
}

/** The fifth percentile of many short windows: what it costs when nobody else has the processor. */
function microsOf(run: () => void): number {
  for (let count = 0; count < 2_000; count += 1) run();
  const once = timed(run, 10);
  const times = Math.max(1, Math.round(WINDOW_MICROS / once));
  const windows = Array.from({ length: WINDOWS }, () => timed(run, times)).sort((a, b) => a - b);
  return Math.round((windows[Math.floor(WINDOWS / 20)] ?? Number.NaN) * 10) / 10;
}

/** In microseconds for each. */
function timed(run: () => void, times: number): number {
  const beganMs = performance.now();
  for (let count = 0; count < times; count += 1) run();
  return ((performance.now() - beganMs) * 1_000) / times;
}
