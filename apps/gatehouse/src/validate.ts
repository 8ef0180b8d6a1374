import { resolve } from 'node:path';
import { explain } from '@gatehouse/config/explain';
import type { Problem } from '@gatehouse/config/findings/problems';
import { renderWarnings } from '@gatehouse/config/findings/render-problems';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { Cannot } from './cannot.js';
import { checked, readConfiguration, WrongConfiguration, type Environment } from './configuration.js';
import { isThisMachine } from './init/configuration-text.js';
import type { Output } from './output.js';
import { PROGRAM } from './paths.js';
import type { TextStream } from './terminal.js';
import { inertJson } from './inert-text.js';

export interface ValidateOptions {
  readonly withExplanation: boolean;
  readonly virtualServer?: string | undefined;
  /** Present: where secrets are looked up, each of them. */
  readonly environment?: Environment | undefined;
  /** Whether words end with what to do next. */
  readonly saysNext?: boolean;
}

/** Checks a configuration with every rule that the services run at start; secrets are looked up only where an environment is given. */
export function validate(
  file: string,
  { withExplanation, virtualServer, environment, saysNext = false }: ValidateOptions,
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
  if (saysNext && virtualServer === undefined && file !== '-' && upTakes(model))
    output.line(`Start it: ${PROGRAM} up ${file}`);
  return 0;
}

/** `gatehouse up` starts the bus on this machine, and takes no configuration for another one. */
const upTakes = ({ nats }: GatehouseModel): boolean =>
  nats.servers.every((server) => isThisMachine(new URL(server)));

/** What `--json` prints: one document, whatever is found. */
interface Report {
  readonly valid: boolean;
  readonly problems: readonly PlainProblem[];
  readonly warnings: readonly PlainProblem[];
  /** Of a valid configuration. */
  readonly gateway: { readonly name: string; readonly providers: number; readonly backends: number } | null;
  /** Derived values, with `--explain`. */
  readonly derived?: ReturnType<typeof explain>;
}

type PlainProblem = Record<
  'document' | 'path' | 'line' | 'column' | 'message' | 'instead' | 'rule',
  string | number | null
>;

/** The same for programs. Exit codes are those of words. */
export function validateAsJson(
  file: string,
  { withExplanation, virtualServer, environment }: ValidateOptions,
  to: TextStream,
): number {
  const print = (report: Report): void => void to.write(`${inertJson(report)}\n`);
  try {
    const configuration = readConfiguration(file === '-' ? file : resolve(file), virtualServer);
    const part = environment === undefined ? 'none' : 'all';
    const { model, filledIn, warnings } = checked(configuration, part, environment ?? {});
    const gateway = {
      name: model.name,
      providers: model.authServer?.upstreamProviders.length ?? 0,
      backends: model.backends.length,
    };
    const derived = withExplanation ? { derived: explain(model, filledIn) } : {};
    print({ valid: true, problems: [], warnings: warnings.map(plain), gateway, ...derived });
    return 0;
  } catch (error) {
    if (!(error instanceof Cannot)) throw error;
    const problems =
      error instanceof WrongConfiguration
        ? error.problems
        : [{ document: file, path: '', message: error.message }];
    print({ valid: false, problems: problems.map(plain), warnings: [], gateway: null });
    return error.exitCode;
  }
}

const plain = ({ document, path, line, column, message, instead, rule }: Problem): PlainProblem => ({
  document,
  path,
  line: line ?? null,
  column: column ?? null,
  message,
  instead: instead ?? null,
  rule: rule ?? null,
});
