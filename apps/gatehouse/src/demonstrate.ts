import { resolve } from 'node:path';
import { modelOf, readConfiguration } from './configuration.js';
import { runMainJob } from './main-job/main-job.js';
import { reportMainJob } from './main-job/report.js';
import type { Output } from './output.js';

export interface DemonstrateOptions {
  /** Names the backends and the token that each has to receive; no secret is read. */
  readonly config: string;
  /** Absent: the URL that the configuration names. */
  readonly url?: string;
  readonly json: boolean;
}

/** Does the main job against a gateway that runs already, wherever it runs, with the demonstration behind it. */
export async function demonstrate(
  { config, url, json }: DemonstrateOptions,
  output: Output,
): Promise<number> {
  const model = modelOf(readConfiguration(resolve(config)), 'none', {});
  return reportMainJob(await runMainJob(model, url), json, output);
}
