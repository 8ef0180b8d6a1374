import type { About } from '../mcp/about.js';

type Features = Pick<About, 'hasUi' | 'tasks' | 'hasTasksExtension'>;

/** What backends can do, as far as anybody has heard. It is nobody's secret. */
export class BackendFeatures {
  readonly #known = new Map<string, Features>();

  /** A server that speaks two revisions says in each what it can do there. */
  note(backend: string, about: About): void {
    const { hasUi, tasks, hasTasksExtension } = { ...this.#known.get(backend), ...about };
    this.#known.set(backend, {
      hasUi,
      ...(tasks === undefined ? {} : { tasks }),
      ...(hasTasksExtension === undefined ? {} : { hasTasksExtension }),
    });
  }

  forget(backend: string): void {
    this.#known.delete(backend);
  }

  of(backend: string): Features {
    return this.#known.get(backend) ?? NOTHING;
  }
}

const NOTHING: Features = { hasUi: false };
