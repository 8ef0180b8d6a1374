import { performance } from 'node:perf_hooks';

/** What a look ended with: when the next one is due if nothing happens. */
const SOON_MS = 100;
const AFTER_FAILURE_MS = 3_000;
/** Also without a word of a watch: a connection can die in silence. */
const EVERY_MS = 60_000;

/** Looks when something changed, one look at a time, and now and then in any case. */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;
  private isDue = false;
  private isStopped = false;
  private current: Promise<void> = Promise.resolve();
  private begunAtMs: number | undefined;

  /** @param look whatever it throws has `failed` heard; then it is tried again. */
  constructor(
    private readonly look: () => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** However often it is told: the first word decides when. */
  changed(): void {
    if (this.isDue) return;
    this.isDue = true;
    if (!this.isRunning) this.after(SOON_MS);
  }

  /** How long the look that runs has been running, in ms; 0: none runs. */
  get busyForMs(): number {
    return this.begunAtMs === undefined ? 0 : performance.now() - this.begunAtMs;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.current;
  }

  private after(ms: number): void {
    if (this.isStopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.current = this.run();
    }, ms);
  }

  private isChanged(): boolean {
    return this.isDue;
  }

  private async run(): Promise<void> {
    [this.isRunning, this.isDue, this.begunAtMs] = [true, false, performance.now()];
    let next = EVERY_MS;
    try {
      await this.look();
    } catch (error) {
      this.failed(error);
      next = AFTER_FAILURE_MS;
    }
    [this.isRunning, this.begunAtMs] = [false, undefined];
    this.after(this.isChanged() ? SOON_MS : next);
  }
}
