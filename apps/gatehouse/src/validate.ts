import { resolve } from 'node:path';
import { explain } from '@gatehouse/config/explain';
import { renderWarnings } from '@gatehouse/config/findings/render-problems';
import { checked, readConfiguration, type Environment } from './configuration.js';
import type { Output } from './output.js';

export interface ValidateOptions {
  readonly withExplanation: boolean;
  readonly virtualServer?: string | undefined;
  /** Present: where secrets are looked up, each of them. */
  readonly environment?: Environment | undefined;
}

/** Checks a configuration with every rule that the services run at start; secrets are looked up only where an environment is given. */
export function validate(
  file: string,
  { withExplanation, virtualServer, environment }: ValidateOptions,
  output: Output,
): number {
  const configuration = readConfiguration(file === '-' ? file : resolve(file), virtualServer);
  const { model, filledIn, warnings } = checked(
    configuration,
    environment === undefined ? 'none' : 'all',
    environment ?? {},
  );
  if (withExplanation) {
    const facts = explain(model, filledIn);
    const width = Math.max(...facts.map(({ path }) => path.length));
    for (const { path, value, because } of facts)
      output.line(`${path.padEnd(width)}  ${value}  (${because})`);
    output.line();
  }
  if (warnings.length > 0) output.line(`${renderWarnings(warnings)}\n`);
  const providers = model.authServer?.upstreamProviders.length ?? 0;
  output.line(
    `${file === '-' ? 'Standard input' : file} is valid: gateway "${model.name}", ${providers} providers, ${model.backends.length} backends.`,
  );
  if (environment !== undefined) output.line('Each secret is there, and is what it must be.');
  return 0;
}
