import { spawn } from 'node:child_process';
import { REPOSITORY } from './repository.mjs';
import { Cannot } from './say.mjs';

const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
    // Whoever waits for a child finds out by its end; with none running there is nothing to wait for.
    if (running.size === 0) process.exit(130);
  });
}

/**
 * Runs a program quietly and gives back how it ended and what it wrote.
 * @param {string} command
 * @param {string[]} args
 * @param {{env?: Record<string, string>, stdio?: 'quiet' | 'inherit', cwd?: string, ipc?: boolean, onStart?: (child: import('node:child_process').ChildProcess) => void}} [options]
 * @returns {Promise<{code: number, output: string}>}
 */
export function run(
  command,
  args,
  { env = {}, stdio = 'quiet', cwd = REPOSITORY, ipc = false, onStart } = {},
) {
  return new Promise((resolve) => {
    /** @type {import('node:child_process').StdioOptions & unknown[]} */
    const streams = stdio === 'inherit' ? ['inherit', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ipc ? [...streams, 'ipc'] : streams,
    });
    running.add(child);
    onStart?.(child);
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    const end = (code) => {
      running.delete(child);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8').trimEnd() });
    };
    child.once('error', (error) => {
      chunks.push(Buffer.from(error.message));
      end(127);
    });
    child.once('close', (code, signal) => end(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

/** The same, for what has to work: a failure is shown with the last lines that the program wrote. */
export async function mustRun(command, args, options) {
  const { code, output } = await run(command, args, options);
  if (code === 0) return output;
  const said = output.split('\n').slice(-40).join('\n');
  throw new Cannot(
    `\`${[command.split('/').at(-1), ...args].join(' ')}\` failed (exit code ${code}):\n${said}`,
  );
}
