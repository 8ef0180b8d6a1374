import { renderProblems } from '@gatehouse/config/findings/render-problems';
import type { Loaded } from '@gatehouse/config/load';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { reloadPlan } from '@gatehouse/config/reload-plan';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import type { Metrics } from '@gatehouse/observability/metrics';
import { FileWatch, type FileStates } from './file-watch.js';

type LoadedWell = Extract<Loaded, { ok: true }>;

export interface ReloadedService<Part> {
  /** Reads the configuration as it is now. */
  readonly load: () => Loaded;
  readonly partOf: (model: GatehouseModel) => Part;
  /** Takes the new part whole, or throws and keeps the one that it has. */
  readonly reconfigure: (part: Part) => Promise<void> | void;
  /** Whatever it is read from. */
  readonly files: ReadonlySet<string>;
  /** Hears what is wrong with a file, as it is said at the start. */
  readonly tellProblems: (text: string) => void;
  /** How often the file is looked at; left out: once in a second. */
  readonly lookEveryMs?: number | undefined;
}

/** What was away may be back by then. The file does not change a second time for it. */
const AGAIN_AFTER_LOOKS = 5;

type Because = 'file' | 'SIGHUP';
type Outcome = 'taken' | 'needs_restart' | 'invalid' | 'failed';

/**
 * Exchanges the configuration of a running service when its file changes, and when it is told to (SIGHUP). A file is taken whole
 * or not at all, so that what runs is always something that somebody wrote and that was checked (ADR 51).
 */
export class Reloads<Part> {
  readonly #outcomes;
  readonly #isCurrent;
  readonly #number;
  readonly #watch;
  #generation = 1;
  #running: Promise<void> | undefined;
  #isAsked = false;
  #isStopped = false;
  #later: NodeJS.Timeout | undefined;

  constructor(
    private readonly service: ReloadedService<Part>,
    private current: LoadedWell,
    private readonly log: Log,
    metrics: Pick<Metrics, 'counter' | 'gauge'>,
  ) {
    this.#outcomes = metrics.counter(
      'configuration_reloads_total',
      'Looks at a changed configuration, by what came of them.',
      ['outcome'],
    );
    this.#isCurrent = metrics.gauge(
      'configuration_is_current',
      'Whether the newest configuration that was looked at is the one that runs: 1 or 0.',
      [],
    );
    this.#number = metrics.gauge(
      'configuration_generation',
      'How many configurations this process has run with.',
      [],
    );
    this.#isCurrent.set(1);
    this.#number.set(1);
    this.#watch = new FileWatch(
      () => service.files,
      () => void this.reload('file'),
      service.lookEveryMs,
    );
  }

  /** From now on changes are seen. @param seen how the file was when it was read. */
  async start(seen?: FileStates): Promise<void> {
    await this.#watch.start(seen);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#later);
    this.#watch.stop();
  }

  /** Never rejects. Whoever asks while a reload runs gets another one after it: the file may have changed since it was read. */
  async reload(because: Because): Promise<void> {
    clearTimeout(this.#later);
    this.#isAsked = true;
    this.#running ??= this.#asLongAsAsked(because).finally(() => (this.#running = undefined));
    await this.#running;
  }

  async #asLongAsAsked(because: Because): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      const outcome = await this.#once(because).catch((error: unknown): Outcome => {
        this.log.failure('configuration-not-reloaded', error, { because });
        if (error instanceof GatehouseError && error.code === 'unavailable') this.#again(because);
        return 'failed';
      });
      this.#outcomes.inc({ outcome });
      this.#isCurrent.set(outcome === 'taken' ? 1 : 0);
      this.#number.set(this.#generation);
    }
  }

  #again(because: Because): void {
    if (this.#isStopped) return;
    const afterMs = AGAIN_AFTER_LOOKS * (this.service.lookEveryMs ?? SECOND_MS);
    clearTimeout(this.#later);
    this.#later = setTimeout(() => void this.reload(because), afterMs).unref();
  }

  async #once(because: Because): Promise<Outcome> {
    const { load, partOf, reconfigure } = this.service;
    const loaded = load();
    if (!loaded.ok) {
      this.log.error('configuration-invalid', {
        because,
        problems: loaded.problems.length,
        ...first(loaded),
      });
      this.service.tellProblems(renderProblems(loaded.problems));
      return 'invalid';
    }
    const { needsRestart, changed } = reloadPlan(this.current, loaded);
    if (needsRestart.length > 0) {
      this.log.warn('configuration-needs-restart', { because, fields: needsRestart.join(', ') });
      return 'needs_restart';
    }
    await reconfigure(partOf(loaded.model));
    this.current = loaded;
    this.#generation += 1;
    this.log.info('configuration-reloaded', {
      because,
      generation: this.#generation,
      changed: changed.join(', '),
    });
    for (const { path: place, message } of loaded.warnings)
      this.log.warn('configuration-warning', { path: place, reason: message });
    return 'taken';
  }
}

/** Enough to find it; the whole is on standard error. */
function first({ problems }: Extract<Loaded, { ok: false }>): Readonly<Record<string, string | number>> {
  const [problem] = problems;
  if (problem === undefined) return {};
  const { document, path, line, message } = problem;
  return { document, path, ...(line === undefined ? {} : { line }), reason: message };
}
