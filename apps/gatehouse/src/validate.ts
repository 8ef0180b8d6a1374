import { resolve } from 'node:path';
import { explain } from '@gatehouse/config/explain';
import { renderWarnings } from '@gatehouse/config/findings/render-problems';
import { checked, readConfiguration } from './configuration.js';
import type { Output } from './output.js';

export interface ValidateOptions {
  readonly withExplanation: boolean;
  readonly virtualServer?: string | undefined;
}

/** Checks a configuration with every rule that the services run at start; no secret is looked up. */
export function validate(
  file: string,
  { withExplanation, virtualServer }: ValidateOptions,
  output: Output,
): number {
  const configuration = readConfiguration(file === '-' ? file : resolve(file), virtualServer);
  const { model, filledIn, warnings } = checked(configuration, 'none', {});
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
  return 0;
}
