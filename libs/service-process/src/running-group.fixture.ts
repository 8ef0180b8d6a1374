import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePortBase } from '@gatehouse/testing/free-port';
import { until } from '@gatehouse/testing/until';

const PROGRAM = fileURLToPath(new URL('../dist/group.fixture.js', import.meta.url));
const FILE = 'gatehouse.yaml';

export interface GroupOptions {
  readonly name?: string;
  readonly workers?: string;
  /** Names. */
  readonly backends?: readonly string[];
  /** Lines of the configuration. */
  readonly more?: string;
  /** File descriptors that each process may have. */
  readonly descriptors?: number;
  /** How long workers have to finish what they have begun. */
  readonly shutdownTimeout?: string;
  /** How often the primary looks at its workers. */
  readonly lookEveryMs?: number;
}

const configuration = (
  port: number,
  { name = 'group', workers = '2', more = '', shutdownTimeout = '10s', backends = ['one'] }: GroupOptions,
): string => `
name: ${name}
publicUrl: http://localhost:${port}
shutdownTimeout: ${shutdownTimeout}
${more}
listen: { proxy: { host: 127.0.0.1, port: ${port}, internal: { port: ${port + 1} }, workers: ${workers} } }
incomingAuth: { type: anonymous }
backends: [${backends.map((backend) => `{ name: ${backend}, url: 'http://localhost:2/mcp' }`).join(', ')}]
outgoingAuth: { source: inline, default: { type: unauthenticated } }
vault: { keyEncryptionKeys: [{ id: a, env: KEK }] }
postgres: { tokenVault: { url: { env: DATABASE } } }
nats: { servers: ['nats://localhost:3'] }
`;

type Process = ChildProcessByStdio<null, Readable, Readable>;

/** A primary and its workers, each a process of its own. */
export class Group {
  said = '';
  readonly ended: Promise<unknown[]>;

  private constructor(
    readonly primary: Process,
    private readonly port: number,
    private readonly folder: string,
  ) {
    this.ended = once(primary, 'close');
    for (const stream of [primary.stdout, primary.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.said += chunk.toString();
      });
  }

  static async begin(options: GroupOptions = {}): Promise<Group> {
    const port = await freePortBase(2);
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-group-'));
    const file = join(folder, FILE);
    await writeFile(file, configuration(port, options));
    await writeFile(join(folder, 'look-every-ms'), String(options.lookEveryMs ?? 25));
    const child = spawn(
      '/bin/sh',
      [
        '-c',
        `${options.descriptors === undefined ? '' : `ulimit -n ${options.descriptors};`} exec "$@"`,
        'sh',
        process.execPath,
        PROGRAM,
        '--config',
        file,
      ],
      {
        cwd: folder,
        env: { NATS_CREDENTIALS: 'vmcp-proxy:x' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    return new Group(child, port, folder);
  }

  /** Of the next process that begins. */
  async changeConfiguration(options: GroupOptions): Promise<void> {
    await writeFile(join(this.folder, FILE), configuration(this.port, options));
  }

  /** As editors do it: another file takes its place. */
  async replaceConfiguration(options: GroupOptions): Promise<void> {
    const next = join(this.folder, '.next');
    await writeFile(next, configuration(this.port, options));
    await rename(next, join(this.folder, FILE));
  }

  /** As Kubernetes does it: the file is a link through a folder that is a link. @returns what makes the next version the one that counts. */
  async mountConfiguration(options: GroupOptions): Promise<(next: GroupOptions) => Promise<void>> {
    let version = 0;
    const mount = async (one: GroupOptions): Promise<void> => {
      version += 1;
      const folder = join(this.folder, `..version-${version}`);
      await mkdir(folder);
      await writeFile(join(folder, FILE), configuration(this.port, one));
      await symlink(`..version-${version}`, join(this.folder, '..next'));
      await rename(join(this.folder, '..next'), join(this.folder, '..data'));
    };
    await mount(options);
    await rm(join(this.folder, FILE));
    await symlink(join('..data', FILE), join(this.folder, FILE));
    return mount;
  }

  async writeConfiguration(text: string): Promise<void> {
    await writeFile(join(this.folder, FILE), text);
  }

  /** Names of the backends that a process works with which is asked. */
  async backends(): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.port}/backends`)).text();
  }

  /** By worker; of a service that is one process, under ''. */
  async sampled(metric: string): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`http://127.0.0.1:${this.port + 1}/metrics`)).text();
    const samples = text.matchAll(new RegExp(`^gatehouse_${metric}(?:\\{worker="(\\w+)"\\})? (\\d+)$`, 'gm'));
    return new Map([...samples].map(([, worker = '', value]) => [worker, Number(value)]));
  }

  signal(signal: 'SIGHUP'): void {
    this.primary.kill(signal);
  }

  /** The next worker that begins hangs. */
  async hangAtStart(): Promise<void> {
    await writeFile(join(this.folder, 'hang'), '');
  }

  /** Whether that worker is at its work's beginning, or further: its program is loaded. */
  hasBegun(worker: number): boolean {
    return existsSync(join(this.folder, `begun-${worker}`));
  }

  /** From now on all workers are stuck, and whichever take their places. */
  async stickAll(): Promise<void> {
    await writeFile(join(this.folder, 'stuck'), '');
  }

  async unstickAll(): Promise<void> {
    await rm(join(this.folder, 'stuck'));
  }

  /** @returns the primary's own count. */
  async counted(metric: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port + 1}/metrics`);
    const sample = `gatehouse_${metric}{worker="primary"} `;
    const found = (await response.text()).split('\n').find((line) => line.startsWith(sample));
    return Number(found?.slice(sample.length));
  }

  /** What a test did not end. */
  async remove(): Promise<void> {
    if (this.primary.exitCode === null && this.primary.signalCode === null) await this.stop('SIGKILL');
    await rm(this.folder, { recursive: true });
  }

  async serves(): Promise<this> {
    await until(async () => (await this.status().catch(() => undefined)) === 'ready');
    return this;
  }

  async status(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port + 1}/readyz`);
    return ((await response.json()) as { status: string }).status;
  }

  /** @returns the process that answered. */
  async ask(path = '/'): Promise<number> {
    return Number(await (await fetch(`http://127.0.0.1:${this.port}${path}`)).text());
  }

  connection() {
    return connect(this.port, '127.0.0.1');
  }

  count(event: string): number {
    return this.said.split(`"event":"${event}"`).length - 1;
  }

  async workers(): Promise<readonly number[]> {
    const found = promisify(execFile)('pgrep', ['-P', String(this.primary.pid)]);
    const { stdout } = await found.catch(() => ({ stdout: '' }));
    return stdout.split('\n').filter(Boolean).map(Number);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<unknown> {
    this.primary.kill(signal);
    const [code] = await this.ended;
    return code;
  }
}
