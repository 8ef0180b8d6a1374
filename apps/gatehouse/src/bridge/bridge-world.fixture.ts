import { request } from 'node:http';
import { join } from 'node:path';
import type { BridgedBackend, BridgePart } from '@gatehouse/config/bridge-part';
import { Secret } from '@gatehouse/kernel/secret';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startBridge } from './start-bridge.js';

export const BRIDGE_SECRET = 'a-bridge-secret-that-only-the-proxy-has';
const SERVER_PROGRAM = join(import.meta.dirname, 'server-program.fixture.ts');

type Setup = Partial<Omit<BridgedBackend, 'processes'>> & {
  readonly processes?: Partial<BridgedBackend['processes']>;
};

/** A backend whose program is the fixture. @param mode its argument */
export const fixtureBackend = (name: string, setup: Setup = {}, mode = ''): BridgedBackend => ({
  name,
  program: `${name}/${mode}`,
  command: [process.execPath, SERVER_PROGRAM, mode],
  env: new Map(),
  secretEnv: new Map(),
  callTimeoutMs: 30_000,
  ...setup,
  processes: {
    atOnce: 8,
    atOncePerPerson: 4,
    idleTimeoutMs: 600_000,
    startTimeoutMs: 30_000,
    ...setup.processes,
  },
});

export interface BridgeWorld {
  readonly origin: string;
  readonly log: KeptLog;
  client(backend: string, headers?: Readonly<Record<string, string>>): BridgeClient;
  /** The backends are these from now on. */
  exchange(backends: readonly BridgedBackend[]): void;
  close(withinMs?: number): Promise<void>;
}

export async function startBridgeWorld(
  backends: readonly BridgedBackend[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
  more: Partial<BridgePart> = {},
): Promise<BridgeWorld> {
  const log = new KeptLog();
  const part: BridgePart = {
    listen: { host: '127.0.0.1', port: 0 },
    url: 'http://bridge.internal:4493',
    secret: new Secret(BRIDGE_SECRET),
    backends,
    messageBytes: 1024 * 1024,
    shutdownTimeoutMs: 5_000,
    ...more,
  };
  const running = await startBridge(part, { folderOf: () => import.meta.dirname, environment }, log);
  let current = backends;
  /** The proxy means the program that is configured when it begins. */
  const meant = (name: string): Readonly<Record<string, string>> => ({
    'gatehouse-program': current.find((backend) => backend.name === name)?.program ?? '',
  });
  const origin = `http://127.0.0.1:${running.port}`;
  return {
    origin,
    log,
    client: (backend, headers) =>
      new BridgeClient(`${origin}/${backend}/mcp`, { ...meant(backend), ...headers }),
    exchange: (next) => {
      current = next;
      running.exchange(next);
    },
    close: async (withinMs = 1_000) => await running.close(withinMs),
  };
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly type: string;
  readonly messages: readonly Said[];
  readonly text: string;
}

export interface Said {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: {
    readonly content?: readonly { readonly text: string }[];
    readonly protocolVersion?: string;
  };
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly ran?: string };
  };
}

interface Sending {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each message of an event stream, as it comes. */
  readonly heard?: (message: Said) => void;
  /** Ends the connection. */
  readonly signal?: AbortSignal;
}

/** The proxy, as the bridge sees it. */
export class BridgeClient {
  sessionId: string | undefined;
  #nextId = 1;

  constructor(
    private readonly url: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async send({ method = 'POST', body, headers, heard, signal }: Sending): Promise<Answered> {
    return await new Promise((resolve, reject) => {
      const outgoing = request(
        this.url,
        {
          method,
          agent: false,
          signal,
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'gatehouse-bridge-secret': BRIDGE_SECRET,
            ...(this.sessionId === undefined ? {} : { 'mcp-session-id': this.sessionId }),
            ...this.headers,
            ...headers,
          },
        },
        (incoming) => {
          let text = '';
          let told = 0;
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            text += chunk;
            const events = eventsIn(text);
            for (const event of events.slice(told)) heard?.(event);
            told = events.length;
          });
          incoming.on('error', reject);
          incoming.on('end', () => {
            const type = incoming.headers['content-type'] ?? '';
            const messages = type === 'application/json' ? [JSON.parse(text) as Said] : eventsIn(text);
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, type, messages, text });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  async message(message: object, more: Sending = {}): Promise<Answered> {
    return await this.send({ body: JSON.stringify({ jsonrpc: '2.0', ...message }), ...more });
  }

  async initialize(protocolVersion = '2025-11-25'): Promise<Answered> {
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const answered = await this.message({ id: 'initialize', method: 'initialize', params });
    const id = answered.headers['mcp-session-id'];
    this.sessionId = typeof id === 'string' ? id : undefined;
    return answered;
  }

  async call(
    name: string,
    given: Readonly<Record<string, unknown>> = {},
    { id = this.#nextId++, ...more }: Sending & { readonly id?: string | number } = {},
  ): Promise<Answered> {
    const params = { name, arguments: given, _meta: { progressToken: `token of ${id}` } };
    return await this.message({ id, method: 'tools/call', params }, more);
  }

  /** Begins a call that is never answered. Resolves when the program has it. */
  async callForever(id: string): Promise<{ readonly answered: Promise<Answered> }> {
    const begun = Promise.withResolvers<undefined>();
    const answered = this.call('never', {}, { id, heard: () => begun.resolve(undefined) });
    await Promise.race([begun.promise, answered]);
    return { answered };
  }

  /** What the program says about itself. */
  async about(): Promise<{ env: Record<string, string>; argv: string[]; cwd: string; pid: number }> {
    return saidIn(await this.call('about')) as Awaited<ReturnType<BridgeClient['about']>>;
  }
}

const eventsIn = (text: string): readonly Said[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .map((event) => JSON.parse(event.replace(/^data: /, '')) as Said);

/** What the tool of the fixture answered. */
export const saidIn = ({ messages }: Answered): unknown =>
  JSON.parse(messages.at(-1)?.result?.content?.[0]?.text ?? 'null') as unknown;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
