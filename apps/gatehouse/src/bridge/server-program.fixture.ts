/** A server that speaks MCP on its standard input and output, and does what a call asks of it: a program of its own. */
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
    readonly requestId?: unknown;
    readonly protocolVersion?: string;
    readonly _meta?: { readonly progressToken?: string | number };
  };
  readonly result?: unknown;
  readonly error?: unknown;
}

const [mode = ''] = process.argv.slice(2);
const cancelled: unknown[] = [];
/** The call that waits for the answer to a question. */
let asking: string | number | undefined;
let isDeaf = false;

const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const give = (id: Message['id'], said: unknown): void =>
  send({ id, result: { content: [{ type: 'text', text: JSON.stringify(said) }] } });

const TOOLS: Readonly<Record<string, (id: Message['id'], message: Message) => void>> = {
  echo: (id, { params }) => give(id, params?.arguments),
  about: (id) => give(id, { env: process.env, argv: process.argv, cwd: process.cwd(), pid: process.pid }),
  ask: (id) => {
    asking = id;
    send({ id: 'q1', method: 'elicitation/create', params: { message: 'Who?' } });
  },
  progress: (id, { params }) => {
    const progressToken = params?._meta?.progressToken;
    send({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
    send({ method: 'notifications/progress', params: { progressToken: 'of nobody', progress: 1 } });
    send({ method: 'notifications/message', params: { level: 'info', data: 'half' } });
    give(id, 'done');
  },
  tell: (id) => {
    send({ method: 'notifications/tools/list_changed' });
    give(id, 'told');
  },
  afterwards: (id) => {
    give(id, 'answered');
    send({ id: 'q1', method: 'roots/list' });
  },
  cancelled: (id) => give(id, cancelled),
  never: () => send({ method: 'notifications/message', params: { level: 'info', data: 'begun' } }),
  hang: () => {
    isDeaf = true;
  },
  exit: () => process.exit(3),
  close: (id) => {
    setInterval(() => undefined, 1_000);
    process.stdin.destroy();
    closeSync(0);
    give(id, 'deaf');
  },
  garbage: (id) => {
    process.stdout.write('Listening…\n{"jsonrpc":"2.0","id":\n[1,2]\n\n"text"\n\xff\n');
    send({ id: 'nobody asked', result: {} });
    give(id, 'after garbage');
  },
  endless: () => {
    const part = Buffer.alloc(1024 * 1024, 0x61);
    for (let written = 0; written < 34; written += 1) process.stdout.write(part);
  },
  say: (id, { params }) => {
    process.stderr.write(`${String(params?.arguments?.['text'])}\n`);
    give(id, 'said');
  },
  leave: (id) => {
    // It has a session of its own, holds no pipe, and heeds no polite signal.
    const child = spawn(
      process.execPath,
      ['-e', "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000)"],
      { detached: true, stdio: 'ignore' },
    );
    child.unref();
    give(id, child.pid);
  },
};

function take(message: Message): void {
  const { id, method, params } = message;
  if (method === 'initialize') {
    if (mode === 'silent') return;
    if (mode === 'refuse') send({ id, error: { code: -32_602, message: 'Unsupported protocol version' } });
    else
      send({
        id,
        result: {
          protocolVersion: params?.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'fixture', version: '1' },
        },
      });
  } else if (method === 'tools/call') TOOLS[params?.name ?? '']?.(id, message);
  else if (method === 'notifications/cancelled') cancelled.push(params?.requestId);
  else if (method === 'ping') send({ id, result: {} });
  else if (method === undefined && id === 'q1') {
    give(asking, { answer: message.result ?? message.error });
    asking = undefined;
  }
}

if (mode === 'stubborn') {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1_000);
}
if (mode === 'early') process.exit(4);
createInterface({ input: process.stdin }).on('line', (line) => {
  if (!isDeaf) take(JSON.parse(line) as Message);
});
