import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { PROVISIONING } from '@gatehouse/messaging/bus-options';
import { passwordVariable } from '@gatehouse/messaging/nats-configuration';
import { until } from '@gatehouse/testing/until';
import { inRepository } from '@gatehouse/testing/repository';
import { scriptOf, startWorld, type World, type WorldOptions } from '@gatehouse/testing/world';
import pg from 'pg';
import { parseDocument, type Document } from 'yaml';
import type { Release } from '../previous-release/release.js';
import { readinessOf } from '../readiness.js';
import { mounted, withSecretFiles, writeSecretFiles } from './secret-files.js';
import { WordServer, type Word } from './word-server.js';

/** Of a test that performs a page: services are started one after the other, and a busy machine takes its time with each. */
export const FOR_EVER_MS = 1_800_000;
/** For what never happens. */
const PATIENCE_MS = 240_000;
const CONFIGURATION = 'gatehouse.yaml';
/** Where runbooks have the configuration of the bus. */
const BUS_CONFIGURATION = 'nats-server.conf';
const DEMONSTRATION = 'examples/demonstration/gatehouse.yaml';

type Part = Service | 'nats';

export interface InstallationOptions extends Omit<WorldOptions, 'release' | 'prepare' | 'configureService'> {
  /** What is installed at first; left out: this release. */
  readonly from?: Release | undefined;
}

/**
 * A gateway, and the folder of those who run it: its `gatehouse.yaml`, `secrets/`, and the words of docs/operate/README.md as programs.
 * Services read the file as it is in that folder when they are started.
 */
export class Installation {
  /** Of the superuser to whom statements of a runbook are given. */
  sqlUrl: string;
  /** Programs that did not end of themselves when they were stopped, with how they ended. */
  readonly unclean: string[] = [];
  /** Is done when a service was replaced by another release of it. */
  afterEachStep: () => Promise<void> = () => Promise.resolve();
  readonly #isNew = new Set<Service>();
  #busRuns = true;

  private constructor(
    readonly world: World,
    readonly folder: string,
    private readonly words: WordServer,
    private readonly from: Release | undefined,
  ) {
    this.sqlUrl = world.databases['token-vault'].adminUrl.reveal();
  }

  static async start({ from, ...options }: InstallationOptions = {}): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-operate-'));
    let yaml = '';
    const world = await startWorld({
      ...options,
      ...(await startingFrom(from)),
      configure: (text) => (yaml = withSecretFiles(options.configure?.(text) ?? text)),
      configureService: (text, service) => mounted(text, join(folder, 'secrets', service)),
      prepare: async (parts) => {
        await writeFile(join(folder, CONFIGURATION), yaml);
        await writeSecretFiles(folder, parts);
        const own = join(folder, '.before.yaml');
        await writeFile(own, mounted(yaml, join(folder, 'secrets/operator')));
        await from?.gatehouse('migrate', '--config', own);
      },
    });
    const words = await WordServer.start(folder, CONFIGURATION);
    const installation = new Installation(world, folder, words, from);
    words.doWhatIsSaid((word) => installation.#do(word));
    return installation;
  }

  /** Which release of a service runs. */
  releaseOf(service: Service): 'new' | 'old' {
    return this.#isNew.has(service) ? 'new' : 'old';
  }

  /** Replaces one replica after the other by that of this release, or of the one that was installed at first. */
  async replace(part: Part, release: 'new' | 'old'): Promise<void> {
    if (part === 'nats') throw new Error('NATS has no release of ours');
    const folder = release === 'new' ? inRepository() : this.from?.folder;
    for (const program of this.world.replicas[part]) program.become(scriptOf(part, folder));
    await this.#restart(part);
    if (release === 'new') this.#isNew.add(part);
    else this.#isNew.delete(part);
    await this.afterEachStep();
  }

  /** What runs below it finds the words, and Node. */
  get environment(): Readonly<Record<string, string>> {
    return this.words.environment;
  }

  /** The bus ends with its machine, and with all that it had stored. */
  async loseBus(): Promise<void> {
    await this.#stop('nats');
    await Promise.all(this.world.nats.servers.map((server) => server.wipe()));
  }

  async close(): Promise<void> {
    await this.words.close();
    await this.world.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #do({ word, args, text }: Word): Promise<string> {
    const parts = args.filter(
      (one): one is Part => one === 'nats' || SERVICES.some((known) => known === one),
    );
    switch (word) {
      case 'stop':
        for (const part of parts) await this.#stop(part);
        return '';
      case 'start':
        await this.#rollOut();
        for (const part of parts) await this.#start(part);
        return '';
      case 'restart':
        await this.#rollOut();
        for (const part of parts) await this.#restart(part);
        return '';
      case 'upgrade':
        for (const part of parts) await this.replace(part, 'new');
        return '';
      case 'downgrade':
        for (const part of parts) await this.replace(part, 'old');
        return '';
      case 'reload':
        await this.world.nats.reload(await readFile(join(this.folder, BUS_CONFIGURATION), 'utf8'));
        return '';
      case 'ready':
        return await this.#untilAllAreReady();
      case 'sql':
        return await this.#ask(text);
      case 'written-into':
        return await this.#writeInto(args[0] ?? CONFIGURATION, text);
      default:
        throw new Error(`${word} is no word of a runbook`);
    }
  }

  async #rollOut(): Promise<void> {
    const yaml = await readFile(join(this.folder, CONFIGURATION), 'utf8');
    await this.world.reconfigure(() => yaml);
  }

  async #stop(part: Part): Promise<void> {
    if (part !== 'nats') {
      await Promise.all(
        this.world.replicas[part].map((_program, replica) => this.#stopReplica(part, replica)),
      );
      return;
    }
    await this.world.nats.kill();
    this.#busRuns = false;
  }

  async #stopReplica(service: Service, replica: number): Promise<void> {
    const end = await this.world.replicas[service][replica]?.stop();
    if (end !== 0 && end !== null) this.unclean.push(`${service} ${replica}: ${String(end)}`);
  }

  async #start(part: Part): Promise<void> {
    if (part !== 'nats') {
      const stopped = this.world.replicas[part].filter(({ pid }) => pid === undefined);
      await Promise.all(stopped.map((program) => program.start()));
      return;
    }
    if (this.#busRuns) return;
    for (const user of [...SERVICES, PROVISIONING] as const) {
      const file = join(this.folder, 'secrets/nats', passwordVariable(user));
      this.world.nats.setPassword(user, (await readFile(file, 'utf8')).trim());
    }
    await this.world.nats.start();
    this.#busRuns = true;
  }

  async #restart(part: Part): Promise<void> {
    if (part === 'nats') {
      await this.#stop(part);
      await this.#start(part);
      return;
    }
    for (const [replica, program] of this.world.replicas[part].entries()) {
      await this.#stopReplica(part, replica);
      await program.start();
    }
  }

  async #untilAllAreReady(): Promise<string> {
    let lines: readonly string[] = [];
    await until(async () => {
      lines = (await Promise.all(SERVICES.map((service) => this.#statesOf(service)))).flat();
      return lines.every((line) => line.endsWith(' ready'));
    }, PATIENCE_MS);
    return lines.map((line) => `${line}\n`).join('');
  }

  async #statesOf(service: Service): Promise<readonly string[]> {
    return await Promise.all(
      this.world.replicas[service].map(async (_program, replica) => {
        const { status } = await readinessOf(this.world, service, replica).catch(() => ({ status: 'away' }));
        return `${service} ${replica + 1} ${status}`;
      }),
    );
  }

  async #ask(text: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.sqlUrl });
    await client.connect();
    try {
      const answers: readonly pg.QueryResult[] = [await client.query(text)].flat();
      return answers
        .flatMap(({ rows }) => rows as readonly Readonly<Record<string, unknown>>[])
        .map((row) => `${Object.values(row).map(String).join(' | ')}\n`)
        .join('');
    } finally {
      await client.end();
    }
  }

  async #writeInto(name: string, text: string): Promise<string> {
    const file = join(this.folder, name);
    const document = parseDocument(await readFile(file, 'utf8'));
    const before: unknown = document.toJS();
    write(document, [], parseDocument(text).toJS());
    if (isDeepStrictEqual(before, document.toJS())) throw new Error(`${name} says that already`);
    await writeFile(file, document.toString({ lineWidth: 0 }));
    return '';
  }
}

/** The files of that release: a new one has to read the configuration of the one before. */
async function startingFrom(
  from: Release | undefined,
): Promise<Pick<WorldOptions, 'release' | 'configuration'>> {
  if (from === undefined) return {};
  const file = join(from.folder, DEMONSTRATION);
  return {
    configuration: await readFile(file, 'utf8'),
    release: { folder: from.folder, busConfiguration: await from.gatehouse('nats-configuration', file) },
  };
}

/** Fields join those that are there; lists and values replace. */
function write(document: Document, path: readonly string[], value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, below] of Object.entries(value)) write(document, [...path, key], below);
  else document.setIn(path, document.createNode(value));
}
