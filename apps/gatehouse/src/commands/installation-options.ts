import type { Command } from 'commander';
import { Cannot } from '../cannot.js';
import type { ApiAccess } from '../operate/administration-api.client.js';
import { rowCount } from '../option-values.js';

/** Which installation, and in which form its rows are wanted: the same for every command that looks into one. */
export const ofInstallation = (command: Command): Command =>
  command
    .option(
      '--config <file>',
      'the configuration; left out: the demonstration. Its databases, unless `gatehouse up` runs beside it',
    )
    .option('--state <folder>', 'the state folder of `gatehouse up`, whether it runs or not')
    .option('--json', 'as JSON');

/** The same from another machine, for what the administrator's API offers. */
export const orOverApi = (command: Command): Command =>
  command
    .option(
      '--api <url>',
      'over the administrator’s API at this URL, without a database. The token: in GATEHOUSE_ADMIN_TOKEN, or for the client in GATEHOUSE_ADMIN_CLIENT_ID and GATEHOUSE_ADMIN_CLIENT_SECRET',
    )
    .option('--token-file <file>', 'with --api: a file with the token; /dev/stdin is one')
    .option('--insecure-allow-http', 'with --api: send tokens over http to another machine as well');

/** Either way. */
export const ofGateway = (command: Command): Command => orOverApi(ofInstallation(command));

/** Answers of those options. */
export interface ApiFlags {
  readonly api?: string;
  readonly tokenFile?: string;
  readonly insecureAllowHttp?: boolean;
}

/** @returns `undefined`: the databases are meant. @throws {Cannot} when both are */
export function apiAccess(flags: ApiFlags & InstallationFlags): ApiAccess | undefined;
export function apiAccess(flags: ApiFlags, use: 'needed'): ApiAccess;
export function apiAccess(
  { api, tokenFile, insecureAllowHttp = false, config, state }: ApiFlags & InstallationFlags,
  use?: 'needed',
): ApiAccess | undefined {
  if (api === undefined) {
    if (use === 'needed')
      throw new Cannot('Say of which gateway: --api https://admin.gatehouse.example.com', 'usage');
    if (tokenFile === undefined && !insecureAllowHttp) return undefined;
    throw new Cannot('--token-file and --insecure-allow-http say something of --api alone.', 'usage');
  }
  if (config !== undefined || state !== undefined)
    throw new Cannot('--api is another way than --config and --state: give one of them.', 'usage');
  return { api, insecureAllowHttp, ...(tokenFile === undefined ? {} : { tokenFile }) };
}

const DEFAULT_LIMIT = 100;

export const withLimit = (command: Command): Command =>
  command.option('--limit <count>', 'how many at most', rowCount, DEFAULT_LIMIT);

/** A group without a further word lists, so its help says how. */
export const listsByItself = (group: Command, list: Command): Command =>
  group.addHelpText('after', () => `\n${list.helpInformation()}`);

/** Answers of those options. */
export interface InstallationFlags {
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
}

export interface LimitedFlags extends InstallationFlags {
  readonly limit: number;
}
