import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '@gatehouse/kernel/services';
import { startWorld, type World, type WorldOptions } from '@gatehouse/testing/world';
import { expect } from '@jest/globals';
import { gatehouse, type Ran } from './installed-gateway.js';

export const TIME: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** A whole gateway, and its operator at a command line with the environment of the authorization server. */
export class OperatedWorld {
  private constructor(
    readonly world: World,
    private readonly folder: string,
    readonly yaml: string,
  ) {}

  static async start(
    configure: (yaml: string) => string = (yaml) => yaml,
    size: Pick<WorldOptions, 'replicas' | 'proxies'> = {},
  ): Promise<OperatedWorld> {
    let yaml = '';
    const world = await startWorld({ ...size, configure: (text) => (yaml = configure(text)) });
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-operator-'));
    const operated = new OperatedWorld(world, folder, yaml);
    await operated.write('gatehouse.yaml', yaml);
    return operated;
  }

  /** @returns the file's path */
  async write(name: string, text: string): Promise<string> {
    const file = join(this.folder, name);
    await writeFile(file, text);
    return file;
  }

  credentialsOf(service: Service): string {
    return `${service}:${this.world.nats.optionsOf(service).password.reveal()}`;
  }

  /** No key that seals what is stored is in it. */
  get environment(): Readonly<Record<string, string>> {
    const { databases, nats } = this.world;
    return {
      AUTHORIZATION_SERVER_DATABASE_URL: databases['authorization-server'].url.reveal(),
      TOKEN_VAULT_DATABASE_URL: databases['token-vault'].url.reveal(),
      NATS_CREDENTIALS: this.credentialsOf('authorization-server'),
      VAULT_REQUEST_KEY: nats.requestKey.reveal(),
    };
  }

  async run(
    args: readonly string[],
    changed: Readonly<Record<string, string>> = {},
    config = join(this.folder, 'gatehouse.yaml'),
  ): Promise<Ran> {
    const ran = await gatehouse(withOptions(args, ['--config', config]), { ...this.environment, ...changed });
    // On a busy machine a command may say for what it waits.
    return { ...ran, stdout: ran.stdout.replaceAll(/^Waiting until .*\n/gm, '') };
  }

  /** A busy machine may be too late for a time limit; then the command says that it may work later (exit code 75). */
  async patiently(...typed: Parameters<OperatedWorld['run']>): Promise<Ran> {
    let ran = await this.run(...typed);
    for (let attempt = 0; ran.code === 75 && attempt < 10; attempt += 1) ran = await this.run(...typed);
    return ran;
  }

  /** What a command prints for programs. */
  async json<Document>(...args: readonly string[]): Promise<Document> {
    const { code, stdout, stderr } = await this.patiently(withOptions(args, ['--json']));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Document;
  }

  async close(): Promise<void> {
    await this.world.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** In front of what stands behind `--`, as an id does that begins with a hyphen. */
function withOptions(args: readonly string[], options: readonly string[]): readonly string[] {
  const at = args.includes('--') ? args.indexOf('--') : args.length;
  return [...args.slice(0, at), ...options, ...args.slice(at)];
}
