import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { find } from '../set-up/programs.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { Cannot } from '../set-up/say.mjs';

export const RELEASE = 'gw';
/** What the chart calls its parts. */
export const FULL_NAME = `${RELEASE}-gatehouse`;

/**
 * Runs a program; gives back what it wrote and how it ended, whatever that was.
 * @param {string} command
 * @param {string[]} args
 * @param {{signal?: AbortSignal | undefined, input?: string}} [options]
 * @returns {Promise<{code: number, stdout: string, stderr: string}>}
 */
const execute = (command, args, { signal, input = '' } = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: REPOSITORY, signal });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => {
        said[name] += text;
      });
    child.once('error', (error) => resolve({ code: 1, stdout: said.stdout, stderr: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, ...said }));
    // Whoever does not read it ends with a message of its own.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });

const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count).join('\n');

/** The helm that the specs of the chart use, else the one of this machine. */
const helmProgram = () => {
  const pinned = join(REPOSITORY, '.gatehouse/chart-tools/helm');
  return existsSync(pinned) ? pinned : find('helm');
};

/** The cluster of the current context (`kubectl config current-context`), and in it one namespace that is ours. */
export class Cluster {
  #signal;
  #found;

  /**
   * @param {AbortSignal | undefined} signal ends what runs
   * @param {string} namespace
   * @param {{context: string, minor: number, helm: string}} found
   */
  constructor(signal, namespace, found) {
    this.#signal = signal;
    this.#found = found;
    this.namespace = namespace;
  }

  get context() {
    return this.#found.context;
  }
  /** Of the API: 27 for 1.27. */
  get minor() {
    return this.#found.minor;
  }

  /** The same place for what an interruption must not end. */
  uninterrupted = () => new Cluster(undefined, this.namespace, this.#found);

  /** Another namespace that is ours. */
  inNamespace = (namespace) => new Cluster(this.#signal, namespace, this.#found);

  /**
   * What answers on this machine; a sentence that says why nothing does.
   * @param {() => Promise<void>} getHelm is called when an API answers
   * @returns {Promise<string | {context: string, minor: number, helm: string}>}
   */
  static async find(getHelm) {
    if (find('kubectl') === undefined) return 'there is no kubectl on this machine';
    const context = (await execute('kubectl', ['config', 'current-context'])).stdout.trim();
    const ask = [...(context === '' ? [] : ['--context', context]), 'version', '--output=json'];
    const answer = await execute('kubectl', [...ask, '--request-timeout=10s']);
    const version = answer.code === 0 ? JSON.parse(answer.stdout).serverVersion : undefined;
    if (version === undefined)
      return `no Kubernetes API answers (${lastLines(answer.stderr, 1) || 'kubectl says nothing'})`;
    await getHelm();
    const helm = helmProgram();
    if (helm === undefined) return 'a cluster answers, and there is no helm on this machine';
    return { context, minor: Number.parseInt(version.minor, 10), helm };
  }

  execute = (command, args) => execute(command, args, { signal: this.#signal });

  /** In our namespace of the cluster that was found, whatever context somebody chooses meanwhile; unless the arguments name another namespace. */
  kubectl = (...args) => execute('kubectl', [...this.#here('--context'), ...args], { signal: this.#signal });

  helm = (...args) =>
    execute(this.#found.helm, [...this.#here('--kube-context'), ...args], { signal: this.#signal });

  /** Without a context (inside of a pod) there is one cluster. */
  #here(flag) {
    const { context } = this.#found;
    return [...(context === '' ? [] : [flag, context]), '--namespace', this.namespace];
  }

  async must(...args) {
    const { code, stdout, stderr } = await this.kubectl(...args);
    if (code !== 0)
      throw new Cannot(`kubectl ${args.slice(0, 3).join(' ')} failed:\n${lastLines(stderr, 20)}`);
    return stdout;
  }

  async mustHelm(...args) {
    const { code, stdout, stderr } = await this.helm(...args);
    if (code !== 0)
      throw new Cannot(`helm ${args[0]} failed:\n${lastLines(`${stdout}\n${stderr}`.trim(), 40)}`);
    return stdout;
  }

  /**
   * Makes objects. It does not apply them: what an annotation may hold is less than some of them are long.
   * @param {object[]} objects
   */
  async create(objects) {
    await this.#send('create', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  }

  /**
   * As somebody does with a file of their own.
   * @param {string} manifests YAML
   */
  async apply(manifests) {
    await this.#send('apply', manifests);
  }

  async #send(command, input) {
    const args = [...this.#here('--context'), command, '--filename', '-'];
    const { code, stderr } = await execute('kubectl', args, { signal: this.#signal, input });
    if (code !== 0) throw new Cannot(`kubectl ${command} failed:\n${lastLines(stderr, 20)}`);
  }

  /** @returns {Promise<any[]>} objects of a kind, by a selector of labels */
  async list(kind, selector = '') {
    const text = await this.must('get', kind, '--selector', selector, '--output=json');
    return JSON.parse(text).items;
  }

  /** Pods of a part of the release (or of the demonstration) that work and are not asked to stop. */
  async podsOf(component) {
    const pods = await this.list('pods', `app.kubernetes.io/component=${component}`);
    return pods.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    );
  }

  /** Runs a program in a pod, as the container's own user. */
  inside = (pod, ...command) => this.kubectl('exec', pod, '--', ...command);

  /** Everything away; it also runs when the test was interrupted. */
  async remove() {
    const flags = ['--ignore-not-found', '--wait', '--timeout=180s'];
    await execute('kubectl', [...this.#here('--context'), 'delete', 'namespace', this.namespace, ...flags]);
  }

  /** What explains a failure: pods, events, and the last lines of each container. */
  async explain() {
    const ask = async (...args) => (await execute('kubectl', [...this.#here('--context'), ...args])).stdout;
    const names = (await ask('get', 'pods', '--output=name')).split('\n').filter(Boolean);
    const parts = [
      await ask('get', 'pods,jobs', '--output=wide'),
      lastLines(await ask('get', 'events', '--sort-by=.lastTimestamp'), 40),
    ];
    for (const name of names)
      parts.push(`--- ${name}\n${await ask('logs', name, '--all-containers', '--tail=15')}`);
    return parts.join('\n');
  }
}
