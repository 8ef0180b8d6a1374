import { resolve } from 'node:path';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import { Cannot } from './cannot.js';
import { modelOf, readConfiguration } from './configuration.js';
import { runMainJob } from './main-job/main-job.js';
import { reportMainJob } from './main-job/report.js';
import type { Output } from './output.js';
import type { TextStream } from './terminal.js';

export interface DemonstrateOptions {
  /** Names the backends and the token that each has to receive; no secret is read. */
  readonly config: string;
  /** Absent: the URL that the configuration names. */
  readonly url?: string;
  /** Where the rows go as JSON; absent: nowhere. */
  readonly rows: TextStream | undefined;
}

/** Does the main job against a gateway that runs already, wherever it runs, with the demonstration behind it. */
export async function demonstrate(
  { config, url, rows }: DemonstrateOptions,
  output: Output,
): Promise<number> {
  if (url !== undefined && !/^https?:\/\//.test(URL.parse(url)?.href ?? ''))
    throw new Cannot(
      `--url takes the URL of an MCP endpoint, such as http://localhost:${DEFAULT_PORT_BASE}/mcp.`,
      'usage',
    );
  const model = modelOf(readConfiguration(resolve(config)), 'none', {});
  return reportMainJob(await runMainJob(model, url), output, rows);
}
