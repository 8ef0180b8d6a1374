import { execFile } from 'node:child_process';
import { inRepository } from '@gatehouse/testing/repository';
import { expect } from '@jest/globals';
import type { Installation } from './installation.js';

const RUN = inRepository('tools/documented/run-section.mjs');

/** A page of docs/operate, whose blocks are performed at an installation as they stand there. */
export class Runbook {
  private constructor(
    private readonly what: readonly [spec: string, page: string],
    private readonly installation: Installation,
    readonly left: Set<string>,
  ) {}

  /** @param spec the test that the page names with its blocks */
  static async of(page: string, spec: string, installation: Installation): Promise<Runbook> {
    const { stdout } = await node([RUN, spec, page], installation.environment);
    const headings = stdout.split('\n').filter((line) => line !== '');
    expect(headings).not.toEqual([]);
    return new Runbook([spec, page], installation, new Set(headings));
  }

  /** What is below that heading, with these variables beside those of earlier blocks. */
  async perform(heading: string, variables: Readonly<Record<string, string>> = {}): Promise<void> {
    if (!this.left.delete(heading)) throw new Error(`there is nothing left to do below "${heading}"`);
    const { folder, environment } = this.installation;
    const { stdout, stderr } = await node([RUN, ...this.what, folder, heading], {
      ...environment,
      ...variables,
    });
    expect(`${stdout}${stderr}`).toBe('');
  }

  /** Everything that the page has for this test was done. */
  isDone(): void {
    expect([...this.left]).toEqual([]);
  }
}

interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

const node = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Printed> =>
  await new Promise((resolve) => {
    execFile(process.execPath, [...args], { env }, (_error, stdout, stderr) => {
      resolve({ stdout, stderr });
    });
  });
