import { execFile } from 'node:child_process';
import { Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';

const SCRIPT = inRepository('apps/gatehouse/dist/main.js');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command of `gatehouse`, as a person types it, with these variables and no others. */
export const gatehouse = async (
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ran> =>
  await new Promise((resolve) => {
    const { PATH = '', HOME = '/tmp' } = process.env;
    const env = { PATH, HOME, ...variables };
    const limits = { env, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [SCRIPT, ...args], limits, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });

/** `gatehouse up` of a file, until it is stopped. */
export const gatewayOf = (
  file: string,
  portBase: number,
  environment: Readonly<Record<string, string>>,
): Program =>
  new Program({
    name: 'gatehouse up',
    script: SCRIPT,
    args: ['up', file, '--port-base', String(portBase)],
    environment,
    isReady: (output) => output.includes('Running. Ctrl-C stops it.'),
  });
