import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { TiedProcess } from '@gatehouse/testing/tied-process';
import { until } from '@gatehouse/testing/until';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CataloguedServer, Place } from './servers.js';

/** Python and a busy machine take their time. */
const READY_WITHIN_MS = 240_000;

/** The first call of a client may have to start a program. */
const CALL_TIMEOUT = '2m';

/** A server of the catalogue with a folder of its own; as a process of its own, if it is reached by a URL. */
export class StartedServer {
  private constructor(
    readonly server: CataloguedServer,
    private readonly place: Place,
    private readonly process: TiedProcess | undefined,
  ) {}

  static async start(server: CataloguedServer): Promise<StartedServer> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-catalogue-'));
    const place = { folder, port: await freePort() };
    if (server.transport === 'stdio') return new StartedServer(server, place, undefined);
    const started = new StartedServer(
      server,
      place,
      new TiedProcess('KILL', server.command(place), { cwd: folder, env: variables(server, place) }),
    );
    started.process?.stderr.resume();
    await until(async () => await listens(place.port), READY_WITHIN_MS);
    return started;
  }

  /** As `backends` of `gatehouse.yaml` has it. */
  get configured(): string {
    const { name, transport, command } = this.server;
    if (transport !== 'stdio')
      return JSON.stringify({
        name,
        url: this.#url.href,
        transport,
        timeout: CALL_TIMEOUT,
        allowPrivateIps: true,
        insecureAllowHttp: true,
      });
    return JSON.stringify({
      name,
      timeout: CALL_TIMEOUT,
      command: command(this.place),
      cwd: this.place.folder,
      env: this.server.environment?.(this.place) ?? {},
      processes: { startTimeout: '60s' },
    });
  }

  /** The way to it without a gateway. */
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers of it are what this is about
  transport(): StdioClientTransport | StreamableHTTPClientTransport | SSEClientTransport {
    const { server, place } = this;
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers of it are what this is about
    if (server.transport === 'sse') return new SSEClientTransport(this.#url);
    if (server.transport === 'streamable-http') return new StreamableHTTPClientTransport(this.#url);
    const [command, ...args] = server.command(place);
    const env = variables(server, place);
    return new StdioClientTransport({ command, args, env, cwd: place.folder, stderr: 'ignore' });
  }

  async close(): Promise<void> {
    await this.process?.stop();
    await rm(this.place.folder, { recursive: true, force: true });
  }

  get #url(): URL {
    return new URL(`http://127.0.0.1:${this.place.port}${this.server.path ?? '/'}`);
  }
}

const variables = (server: CataloguedServer, place: Place): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? place.folder,
  ...server.environment?.(place),
});

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
