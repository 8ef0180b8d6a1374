/** Blocks of commands, run one after the other by bash: variables and the folder last from one to the next. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** For what hangs; nothing that works comes near, on a busy machine either. */
const ENDS_WITHIN_MS = 1_800_000;
const LOOK_EVERY_MS = 100;
const STOPS_WITHIN_MS = 60_000;

export class Shell {
  /** @type {{ child: import('node:child_process').ChildProcess, output: () => string }[]} */
  #running = [];

  /** @param {{ folder: string, environment: NodeJS.ProcessEnv }} scratch */
  constructor(scratch) {
    this.scratch = scratch;
  }

  /** @returns {Promise<{ code: number, output: string }>} */
  async run(text) {
    const one = this.#spawn(text);
    const { child, output } = one;
    this.#running.push(one);
    const late = setTimeout(() => endGroup(child, 'SIGKILL'), ENDS_WITHIN_MS);
    const [code] = await once(child, 'close');
    clearTimeout(late);
    this.#running = this.#running.filter((other) => other !== one);
    return { code: code ?? 1, output: output() };
  }

  /** Leaves it running as soon as it has printed something. @returns {Promise<{ isUp: boolean, output: string }>} */
  async start(text, until) {
    const one = this.#spawn(text);
    this.#running.push(one);
    const giveUpAtMs = Date.now() + ENDS_WITHIN_MS;
    while (one.child.exitCode === null && one.child.signalCode === null && Date.now() < giveUpAtMs) {
      if (one.output().includes(until)) return { isUp: true, output: one.output() };
      await delay(LOOK_EVERY_MS);
    }
    return { isUp: false, output: one.output() };
  }

  /** What stays up, or is running, is stopped as by Ctrl-C. */
  async stop() {
    for (const { child } of this.#running.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      endGroup(child, 'SIGINT');
      const late = setTimeout(() => endGroup(child, 'SIGKILL'), STOPS_WITHIN_MS);
      await gone;
      clearTimeout(late);
    }
  }

  #spawn(text) {
    const { folder, environment } = this.scratch;
    const [kept, place] = [join(folder, '.variables'), join(folder, '.place')];
    const before = existsSync(kept) ? `. '${kept}'\ncd '${readFileSync(place, 'utf8').trim()}'\n` : '';
    const after = `export -p > '${kept}'\npwd > '${place}'\n`;
    const child = spawn('bash', ['-c', `${before}set -eo pipefail\n${text}\n${after}`], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that all that it started can be ended with it.
      detached: true,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += chunk.toString()));
    return { child, output: () => output };
  }
}

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
