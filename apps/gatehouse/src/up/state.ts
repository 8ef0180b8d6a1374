import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cannot } from '../cannot.js';
import { makeFolder } from '../make-folder.js';
import { plainReason } from '../reason.js';

/** Secrets that are made once and kept, so that a second start can open what the first one sealed. */
export interface GeneratedSecrets {
  readonly authorizationServerKeyEncryptionKey: string;
  readonly tokenVaultKeyEncryptionKey: string;
  readonly postgresPassword: string;
  readonly authorizationServerDatabasePassword: string;
  readonly tokenVaultDatabasePassword: string;
  readonly authorizationServerNatsPassword: string;
  readonly tokenVaultNatsPassword: string;
  readonly vmcpProxyNatsPassword: string;
  readonly provisioningNatsPassword: string;
  readonly vaultRequestKey: string;
  readonly acmeSsoClientSecret: string;
  readonly octoClientSecret: string;
  readonly exchangeClientSecret: string;
  readonly introspectionClientSecret: string;
  readonly reportsApiKey: string;
}

const secret = (): string => randomBytes(32).toString('base64url');
/** nats-server reads the value of a variable as it reads its file: what begins with a digit could be taken for a number. */
const busPassword = (): string => `n${randomBytes(32).toString('hex')}`;

const makeSecrets = (): GeneratedSecrets => ({
  authorizationServerKeyEncryptionKey: secret(),
  tokenVaultKeyEncryptionKey: secret(),
  postgresPassword: secret(),
  authorizationServerDatabasePassword: secret(),
  tokenVaultDatabasePassword: secret(),
  authorizationServerNatsPassword: busPassword(),
  tokenVaultNatsPassword: busPassword(),
  vmcpProxyNatsPassword: busPassword(),
  provisioningNatsPassword: busPassword(),
  vaultRequestKey: secret(),
  acmeSsoClientSecret: secret(),
  octoClientSecret: secret(),
  exchangeClientSecret: secret(),
  introspectionClientSecret: secret(),
  reportsApiKey: secret(),
});

/** The folder that holds everything a local gateway keeps between starts. Only one start may use it at a time. */
export class StateFolder {
  readonly folder: string;
  readonly secrets: GeneratedSecrets;
  /** Whether an earlier start left its data here. */
  readonly isReused: boolean;

  private constructor(
    folder: string,
    secrets: GeneratedSecrets,
    isReused: boolean,
    private readonly isNew: boolean,
  ) {
    this.folder = folder;
    this.secrets = secrets;
    this.isReused = isReused;
  }

  /** Opens the folder, making it and its secrets on the first start. */
  static open(folder: string): StateFolder {
    const lock = join(folder, 'lock');
    const isNew = !existsSync(folder);
    try {
      makeFolder(folder);
      takeLock(lock, folder);
    } catch (error) {
      if (error instanceof Cannot) throw error;
      throw unusable(folder, error);
    }
    try {
      keepLogsOfLastStart(folder);
      const file = join(folder, 'secrets.json');
      const isReused = existsSync(file);
      return new StateFolder(folder, isReused ? readSecrets(file) : writeSecrets(file), isReused, isNew);
    } catch (error) {
      rmSync(lock, { force: true });
      throw error instanceof Cannot ? error : unusable(folder, error);
    }
  }

  /** The folder of a start that runs now, to look into; `undefined` when none does. */
  static ofRunning(folder: string): StateFolder | undefined {
    const holder = readHolder(join(folder, 'lock'));
    const file = join(folder, 'secrets.json');
    if (holder === undefined || !isRunning(holder) || !existsSync(file)) return undefined;
    return new StateFolder(folder, readSecrets(file), true, false);
  }

  /** Keeps other secrets from the next start on. Those that were there stay beside them. @returns what puts those back */
  keepSecrets(others: Partial<GeneratedSecrets>): () => void {
    const before = readFileSync(this.path('secrets.json'), 'utf8');
    const names = ['secrets.before-restore.json', `secrets.before-restore-${Date.now()}.json`];
    // What an earlier restore set aside may open rows that nothing else opens.
    const beside = this.write(
      names.find((name) => !existsSync(this.path(name))) ?? `${randomUUID()}.json`,
      before,
    );
    this.write('secrets.json', `${JSON.stringify({ ...this.secrets, ...others }, undefined, 2)}\n`);
    return () => {
      this.write('secrets.json', before);
      rmSync(beside);
    };
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Writes a file that only its owner may read, whole or not at all. */
  write(name: string, content: string): string {
    return writePrivately(this.path(name), content);
  }

  /** Takes away what this start has made: nothing was started with it. */
  discard(): void {
    if (this.isNew) rmSync(this.folder, { recursive: true, force: true });
  }

  /** Lets the next start have the folder. */
  release(): void {
    rmSync(this.path('lock'), { force: true });
  }
}

const unusable = (folder: string, error: unknown): Cannot =>
  new Cannot(
    `The state folder ${folder} cannot be used: ${plainReason(error)}. Choose another one: --state <folder>`,
    'noOutput',
  );

function keepLogsOfLastStart(folder: string): void {
  const [logs, before] = [join(folder, 'logs'), join(folder, 'logs.before')];
  if (existsSync(logs)) {
    rmSync(before, { recursive: true, force: true });
    renameSync(logs, before);
  }
  mkdirSync(logs);
}

function writePrivately(path: string, content: string): string {
  const draft = `${path}.new`;
  writeFileSync(draft, content, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  return path;
}

function writeSecrets(file: string): GeneratedSecrets {
  const secrets = makeSecrets();
  writePrivately(file, `${JSON.stringify(secrets, undefined, 2)}\n`);
  return secrets;
}

function readSecrets(file: string): GeneratedSecrets {
  const made: Record<string, string> = { ...makeSecrets() };
  const kept = parseJson(readFileSync(file, 'utf8'));
  if (typeof kept !== 'object' || kept === null || Array.isArray(kept))
    throw new Cannot(
      `${file} is damaged: it is not a JSON object. Remove the state folder to begin anew, with an empty database.`,
      'noInput',
    );
  const known = Object.entries(kept).filter(([name, value]) => name in made && typeof value === 'string');
  const secrets = { ...makeSecrets(), ...Object.fromEntries(known) };
  // A secret that a newer version added is made now; the others stay as they are.
  if (known.length < Object.keys(made).length)
    writePrivately(file, `${JSON.stringify(secrets, undefined, 2)}\n`);
  return secrets;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Holder {
  readonly pid: number;
  /** When the process began, in the kernel's own count; tells it from a later process with the same number. */
  readonly began: string;
}

function takeLock(file: string, folder: string): void {
  const mine = JSON.stringify({ pid: process.pid, began: beganAt(process.pid) } satisfies Holder);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder !== undefined && isRunning(holder))
      throw new Cannot(
        `A gateway with this state is already running (process ${holder.pid}).\n` +
          `Stop it first, or run a second one beside it: --state <another folder> --port-base <another port>\n` +
          `State folder: ${folder}`,
        'tryAgain',
      );
    rmSync(file, { force: true });
  }
  throw new Cannot(
    `The state folder ${folder} is being taken by another start. Run the command again.`,
    'tryAgain',
  );
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder = parseJson(readFileSync(file, 'utf8'));
    return typeof holder === 'object' && holder !== null && 'pid' in holder && typeof holder.pid === 'number'
      ? { pid: holder.pid, began: 'began' in holder ? String(holder.began) : '' }
      : undefined;
  } catch {
    return undefined;
  }
}

function isRunning({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return began === '' || beganAt(pid) === began;
}

/** Start time of a process where the kernel tells (Linux: field 22 of /proc/<pid>/stat), else the empty string. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may itself hold blanks and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
