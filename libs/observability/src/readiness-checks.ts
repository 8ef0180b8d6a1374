import { Injectable } from '@nestjs/common';

export type ReadinessCheck = () => Promise<void> | void;

/** What has to work before this replica may get traffic. */
@Injectable()
export class ReadinessChecks {
  readonly #checks = new Map<string, ReadinessCheck>();

  /** `check` throws, or takes longer than a second, while the part is not usable. */
  add(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  /** @returns the names of the parts that are not usable now. */
  async failing(timeoutMs = 1_000): Promise<readonly string[]> {
    const verdicts = await Promise.all(
      [...this.#checks].map(async ([name, check]) => ((await passes(check, timeoutMs)) ? undefined : name)),
    );
    return verdicts.filter((name) => name !== undefined);
  }
}

async function passes(check: ReadinessCheck, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('late')), timeoutMs);
  });
  try {
    await Promise.race([Promise.resolve().then(check), late]);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
