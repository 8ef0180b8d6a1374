import { resolve } from 'node:path';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { Cannot } from '../cannot.js';
import { modelOf, readConfiguration, type Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { shownText } from '../shown-text.js';
import { callLines, type CallLine } from './call-lines.js';
import { custodyFacts } from './custody-facts.js';
import { factsOf, type Fact } from './facts.js';
import { targetsOf } from './target.js';

export interface ExplainOptions {
  readonly what: string;
  readonly config: string;
  /** Logs of the proxy. */
  readonly logs: readonly string[];
  readonly json: boolean;
}

type Explanation = readonly Fact[];

/**
 * Says what happens, or what happened, with a call: to whom it goes, and with whose credential.
 * @param environment with the vault's secrets, to look into its custody log
 */
export async function explain(
  { what, config, logs, json }: ExplainOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const model = modelOf(readConfiguration(resolve(config)), 'none', {});
  const lines = (await Promise.all(logs.map(async (file) => await callLines(resolve(file), what)))).flat();
  const custodyOf = await custodyFacts(config, lines, environment);
  const explanations: readonly Explanation[] =
    lines.length > 0
      ? lines.map((line) => ofCall(model, line, custodyOf(line)))
      : targetsOf(model, what).map((target) => factsOf(model, target));
  if (explanations.length === 0)
    throw new Cannot(
      `${what} is no tool or backend of ${config}${logs.length === 0 ? '; for a call, name the log of the proxy: --log FILE' : ', and no call of the log has this id'}.`,
    );
  if (json) output.json(explanations.map(asObject));
  else for (const facts of explanations) print(facts, output);
  return 0;
}

const asObject = (facts: Explanation): Readonly<Record<string, string>> =>
  Object.fromEntries(facts.map(({ about, is }) => [about, shownText(is)]));

function print(facts: Explanation, output: Output): void {
  const width = Math.max(...facts.map(({ about }) => about.length));
  for (const { about, is } of facts) output.line(`${about.padEnd(width)}  ${shownText(is)}`);
  output.line();
}

const SAID = [
  ['time', 'time'],
  ['called', 'name'],
  ['caller', 'subject'],
  ['client', 'clientId'],
  ['connection', 'connection'],
  ['version', 'connectionVersion'],
  ['decided by', 'policy'],
  ['outcome', 'outcome'],
  ['status', 'status'],
  ['took', 'durationMs'],
] as const;

/** What happened, and then what the configuration says about it now. */
function ofCall(model: GatehouseModel, line: CallLine, custody: readonly Fact[]): Explanation {
  const said = SAID.flatMap(([about, field]): readonly Fact[] => {
    const value = line[field];
    return typeof value === 'string' || typeof value === 'number'
      ? [{ about, is: `${value}${field === 'durationMs' ? ' ms' : ''}` }]
      : [];
  });
  const happened = [...said, ...custody];
  const { backend, original } = line;
  if (typeof backend !== 'string') return happened;
  const target = typeof original === 'string' ? { backend, tool: original } : { backend };
  return [...happened, ...factsOf(model, target)];
}
