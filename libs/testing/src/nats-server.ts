import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TiedProcess } from './tied-process.js';

interface NatsServerOptions {
  readonly folder: string;
  readonly index: number;
  readonly port: number;
  /** Its configuration. */
  readonly text: string;
  readonly storeDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** One `nats-server`, which can be killed and started again. */
export class NatsServer {
  readonly url: string;
  #process: TiedProcess | undefined;

  private constructor(
    private readonly options: NatsServerOptions,
    private readonly file: string,
  ) {
    this.url = `nats://127.0.0.1:${options.port}`;
  }

  get #pidFile(): string {
    return `${this.file}.pid`;
  }

  static async at(options: NatsServerOptions): Promise<NatsServer> {
    const file = join(options.folder, `nats-${options.index}.conf`);
    await writeFile(file, options.text);
    return new NatsServer(options, file);
  }

  async start(): Promise<void> {
    this.#process = new TiedProcess('KILL', ['nats-server', '-c', this.file, '-P', this.#pidFile], {
      env: { ...process.env, ...this.options.environment },
    });
    await says(this.#process, 'Server is ready');
  }

  /** Takes up another configuration while it runs. Whoever connects before it has done so may hear nothing. */
  async reload(text: string): Promise<void> {
    if (this.#process === undefined) throw new Error('it does not run');
    await writeFile(this.file, text);
    const done = says(this.#process, 'Reloaded server configuration');
    process.kill(Number(await readFile(this.#pidFile, 'utf8')), 'SIGHUP');
    await done;
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  /** Loses what it had stored, as with a lost disk. It is not running meanwhile. */
  async wipe(): Promise<void> {
    await rm(this.options.storeDirectory, { recursive: true, force: true });
  }
}

async function says(server: TiedProcess, text: string): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    void server.ended.then(() => reject(new Error(`nats-server ended: ${said}`)));
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(text)) resolve();
      if (said.includes('Failed to reload')) reject(new Error(said));
    });
  });
}
