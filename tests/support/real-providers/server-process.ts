import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersOk } from '@gatehouse/testing/program';
import { TiedProcess } from '@gatehouse/testing/tied-process';
import { until } from '@gatehouse/testing/until';

export interface ServerOptions {
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** Answers 2xx as soon as the server can be used. */
  readonly readyUrl: string;
}

/** A Java server on a busy machine takes its time. */
const READY_WITHIN_MS = 480_000;
const SHOWN_CHARACTERS = 4_000;

/** Somebody else's server in a process of its own, with a folder for its files; what it prints is shown when it does not start. */
export class ServerProcess {
  #process: TiedProcess | undefined;

  private constructor(readonly folder: string) {}

  static async inNewFolder(): Promise<ServerProcess> {
    return new ServerProcess(await mkdtemp(join(tmpdir(), 'gatehouse-provider-')));
  }

  async start({ command, environment, readyUrl }: ServerOptions): Promise<void> {
    const { PATH = '', JAVA_HOME } = process.env;
    const output = join(this.folder, 'output');
    const server = { isOver: false };
    this.#process = new TiedProcess('TERM', ['sh', '-c', 'exec "$@" >"$0" 2>&1', output, ...command], {
      cwd: this.folder,
      env: { PATH, ...(JAVA_HOME === undefined ? {} : { JAVA_HOME }), HOME: this.folder, ...environment },
    });
    void this.#process.ended.then(() => (server.isOver = true));
    try {
      await until(() => server.isOver || answersOk(readyUrl), READY_WITHIN_MS);
      if (server.isOver) throw new Error('it ended');
    } catch (error) {
      const said = await readFile(output, 'utf8').catch(() => '');
      await this.close();
      throw new Error(`${command[0]} did not start: ${said.slice(-SHOWN_CHARACTERS)}`, { cause: error });
    }
  }

  /** Ends the server and what it started; its folder stays. */
  async stop(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
