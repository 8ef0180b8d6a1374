import { execFile } from 'node:child_process';
import { REPOSITORY } from '../set-up/repository.mjs';
import { Cannot } from '../set-up/say.mjs';

export const PROJECT = 'gatehouse-test-compose';
/** docker-compose.yml is written for this one and newer. */
const OLDEST_COMPOSE = [2, 26];

/**
 * Runs a program; gives back what it wrote and how it ended, whatever that was.
 * @param {string} command
 * @param {string[]} args
 * @param {{env?: Record<string, string>, signal?: AbortSignal}} [options]
 * @returns {Promise<{code: number, stdout: string, stderr: string}>}
 */
const execute = (command, args, { env = {}, signal } = {}) =>
  new Promise((resolve) => {
    const options = { cwd: REPOSITORY, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024, signal };
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
    });
  });

const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count).join('\n');

/** docker-compose.yml under a project name of its own, so that a gateway that runs already is left alone. */
export class Compose {
  #signal;
  #environment;
  #profiles;

  /** @param {string[]} profiles beside the demonstration's; what is of others is not seen, and not taken down */
  constructor(signal, environment, profiles = []) {
    this.#signal = signal;
    this.#environment = environment;
    this.#profiles = ['demo', ...profiles].flatMap((profile) => ['--profile', profile]);
  }

  /** Why compose cannot be used on this machine; `undefined` when it can. */
  static async whyNot() {
    const engine = await execute('docker', ['version', '--format', '{{.Server.Version}}']);
    if (engine.code !== 0) return 'no Docker engine answers';
    const compose = await execute('docker', ['compose', 'version', '--short']);
    if (compose.code !== 0) return 'the Docker engine answers, but `docker compose` is not installed';
    const [major = 0, minor = 0] = compose.stdout.replace(/^v/, '').split('.').map(Number);
    const [oldestMajor, oldestMinor] = OLDEST_COMPOSE;
    const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
    return isOld
      ? `Compose ${OLDEST_COMPOSE.join('.')} is needed, this is ${compose.stdout.trim()}`
      : undefined;
  }

  execute = (command, args, more = {}) =>
    execute(command, args, { env: { ...this.#environment, ...more }, signal: this.#signal });

  docker = (...args) => this.execute('docker', args);

  #compose = (args, signal) =>
    execute('docker', ['compose', '--ansi', 'never', '--project-name', PROJECT, ...this.#profiles, ...args], {
      env: this.#environment,
      signal,
    });

  async must(...args) {
    const { code, stdout, stderr } = await this.#compose(args, this.#signal);
    if (code !== 0) throw new Cannot(`docker compose ${args[0]} failed:\n${lastLines(stderr, 30)}`);
    return stdout;
  }

  /** Everything away, volumes too; it also runs when the test was interrupted. */
  async down() {
    await this.#compose(['down', '--volumes', '--remove-orphans', '--timeout', '10'], undefined);
  }

  async logs() {
    const { stdout } = await this.#compose(['logs', '--no-color', '--tail', '40'], undefined);
    return stdout;
  }

  /** What the engine says about every container of the project, ended ones included. */
  async containers() {
    const ids = (await this.must('ps', '--all', '--quiet')).split(/\s+/).filter(Boolean);
    const { stdout } = await this.docker('inspect', ...ids);
    return JSON.parse(stdout).map((container) => ({
      ...container,
      service: container.Config.Labels['com.docker.compose.service'],
    }));
  }

  async running() {
    return (await this.containers()).filter(({ State }) => State.Running);
  }

  /** Runs a program in a container, as the container's own user. */
  inside = ({ Id }, ...command) => this.docker('exec', Id, ...command);
}
