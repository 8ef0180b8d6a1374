import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { PROFILE_NAMES, type ProfileName } from '@gatehouse/config/model/profile-names';
import { PROFILES } from '@gatehouse/config/profiles/profiles';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import { Cannot } from '../cannot.js';
import { checked } from '../configuration.js';
import { makeFolder } from '../make-folder.js';
import type { Output } from '../output.js';
import { PROGRAM } from '../paths.js';
import { plainReason } from '../reason.js';
import { schemaText } from '../schema.js';
import { isUsableBase, PORT_COUNT, planPorts, portsToTake } from '../up/ports.js';
import { takenPorts } from '../up/taken-ports.client.js';
import {
  configurationText,
  isThisMachine,
  issuerOf,
  KEY_FILES,
  SCHEMA_FILE,
  type Answers,
} from './configuration-text.js';
import type { Questions } from './questions.js';

export interface InitOptions {
  readonly folder: string;
  readonly force: boolean;
  readonly name?: string;
  readonly publicUrl?: string;
  readonly provider?: string;
  readonly clientId?: string;
  /** Of the environment: what is typed is seen by others. */
  readonly clientSecret?: string;
  /** `name=url` */
  readonly backend?: readonly string[];
}

const NO_PROVIDER = 'none';

/** Writes a first `gatehouse.yaml` and the keys that it names. What is there stays, unless it is told otherwise; keys stay in any case. */
export async function init(options: InitOptions, questions: Questions, output: Output): Promise<number> {
  const file = join(options.folder, 'gatehouse.yaml');
  if (existsSync(file) && !options.force)
    throw new Cannot(
      `${file} is there already. Write another one in its place: gatehouse init --force, or name another folder.`,
      'noOutput',
    );
  const { answers, clientSecret } = await answersOf(options, questions);
  const text = configurationText(answers);
  // What is wrong with an answer is found before anything is written.
  const { model } = checked({ document: file, text }, 'none', {});
  try {
    writeKeys(options.folder, answers, clientSecret);
    writeFileSync(join(options.folder, SCHEMA_FILE), schemaText());
    writeFileSync(file, text);
  } catch (error) {
    throw new Cannot(
      `${file} cannot be written: ${plainReason(error)}. Name another folder: gatehouse init <folder>`,
      'noOutput',
    );
  }
  output.line(`Wrote ${shown(file)}, and keys in ${shown(join(options.folder, 'keys'))}: keep them.`);
  if (answers.provider !== undefined)
    output.line(
      `Register this callback at ${PROFILES[answers.provider.profile as ProfileName].title}: ${issuerOf(answers)}/oauth/callback/${answers.provider.profile}`,
    );
  output.line(`\nCheck it:        ${PROGRAM} validate ${shown(file)}`);
  output.line(`Start it:        ${PROGRAM} up ${shown(file)}`);
  output.line(`Clients connect: ${model.resourceUrl}`);
  return 0;
}

const shown = (path: string): string => relative(process.cwd(), path) || '.';

async function answersOf(
  options: InitOptions,
  questions: Questions,
): Promise<{ readonly answers: Answers; readonly clientSecret: string }> {
  const free = await freeRow();
  const name = options.name ?? (await questions.ask('Name of the gateway', nameFrom(options.folder)));
  const publicUrl =
    options.publicUrl ?? (await questions.ask('URL that clients reach it at', `http://localhost:${free}`));
  if (!/^https?:/.test(URL.parse(publicUrl)?.href ?? ''))
    throw new Cannot(
      `${publicUrl} is no URL that clients could reach. Give one: gatehouse init --public-url https://gatehouse.example.com`,
      'usage',
    );
  const portBase = rowOf(publicUrl) ?? free;
  const chosen =
    options.provider ??
    (await questions.ask(
      `Provider that people sign in at (${NO_PROVIDER}, or one of ${PROFILE_NAMES.join(' ')})`,
      NO_PROVIDER,
    ));
  const provider = chosen === NO_PROVIDER ? undefined : await providerOf(chosen, options, questions);
  const written =
    options.backend ??
    listOf(await questions.ask('MCP servers, as name=url, apart by blanks; nothing: a program to try', ''));
  const backends = written.map(backendOf);
  const clientSecret =
    provider === undefined
      ? ''
      : (options.clientSecret ?? (await questions.askSecret('Client secret there', 'replace-me')));
  return {
    answers: { name, publicUrl, portBase, backends, ...(provider === undefined ? {} : { provider }) },
    clientSecret,
  };
}

async function providerOf(
  profile: string,
  { clientId }: InitOptions,
  questions: Questions,
): Promise<NonNullable<Answers['provider']>> {
  if (!isProfile(profile))
    throw new Cannot(
      `There is no provider ${profile}. Choose one of ${PROFILE_NAMES.join(', ')}: gatehouse init --provider ${PROFILE_NAMES[0]}`,
      'usage',
    );
  const parameters: Record<string, string> = {};
  for (const [name, { about, example, fallback }] of Object.entries(PROFILES[profile].parameters ?? {}))
    parameters[name] = await questions.ask(`${name}: ${about}`, fallback ?? example);
  return {
    profile,
    parameters,
    clientId: clientId ?? (await questions.ask('Client id there', 'replace-me')),
  };
}

const isProfile = (name: string): name is ProfileName => (PROFILE_NAMES as readonly string[]).includes(name);

const listOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== '');

function backendOf(text: string): { readonly name: string; readonly url: string } {
  const [, name, url] = /^([a-z0-9][a-z0-9-]*)=(https?:\/\/\S+)$/.exec(text) ?? [];
  if (name === undefined || url === undefined)
    throw new Cannot(
      `A backend is a name and a URL: gatehouse init --backend github=https://api.githubcopilot.com/mcp; not ${text}`,
      'usage',
    );
  return { name, url };
}

const nameFrom = (folder: string): string =>
  basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 30) || 'gatehouse';

/** Where clients reach it at a port of this machine, that is the one that it listens on. */
function rowOf(publicUrl: string): number | undefined {
  const url = new URL(publicUrl);
  const port = Number(url.port);
  return isThisMachine(url) && isUsableBase(port) ? port : undefined;
}

/** The first row of ports that nobody has, so that two gateways do not meet. */
async function freeRow(): Promise<number> {
  for (let base = DEFAULT_PORT_BASE; base + PORT_COUNT < 32_000; base += 100)
    if ((await takenPorts(portsToTake(planPorts(base), true))).length === 0) return base;
  return DEFAULT_PORT_BASE;
}

function writeKeys(folder: string, { provider, backends }: Answers, clientSecret: string): void {
  const key = (): string => `${randomBytes(32).toString('base64')}\n`;
  writeOnce(join(folder, KEY_FILES.tokenVault), key());
  // Nobody keeps them in a repository by accident.
  writeOnce(join(folder, 'keys/.gitignore'), '*\n');
  if (backends.length === 0) writeOnce(join(folder, KEY_FILES.bridge), key());
  if (provider === undefined) return;
  writeOnce(join(folder, KEY_FILES.authorizationServer), key());
  writeOnce(join(folder, KEY_FILES.clientSecret(provider.profile)), `${clientSecret}\n`);
}

/** A key that is there may seal something: it stays. */
function writeOnce(path: string, text: string): void {
  makeFolder(dirname(path), 0o700);
  if (!existsSync(path)) writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
}
