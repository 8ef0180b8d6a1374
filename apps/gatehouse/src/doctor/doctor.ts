import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { Cannot } from '../cannot.js';
import { readConfiguration, type Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { diagnose, type Diagnosis } from './diagnose.js';
import type { DoctorFinding } from './finding.js';

const SAY_AFTER_MS = 1_000;

export interface DoctorOptions {
  readonly config: string;
  readonly json: boolean;
  /** `<service>=<file>`: lines `NAME=value`, the environment of that service. */
  readonly envFiles: readonly string[];
}

/** Looks at a running or stopped installation. @returns 0 only when nothing is wrong. */
export async function doctor(
  { config, json, envFiles }: DoctorOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const own = new Map(envFiles.map((text) => environmentFile(text, environment)));
  const configuration = readConfiguration(config === '-' ? config : resolve(config));
  const asking = setTimeout(() => {
    if (!json) output.line('Asking everything that the gateway needs, half a minute at most.\n');
  }, SAY_AFTER_MS);
  const diagnosis = await diagnose({
    configuration,
    environmentOf: (service) => {
      const its = own.get(service);
      return its === undefined ? { environment, isOwn: false } : { environment: its, isOwn: true };
    },
  }).finally(() => clearTimeout(asking));
  if (json) output.json(diagnosis);
  else print(diagnosis, output);
  return diagnosis.findings.length === 0 ? 0 : 1;
}

function print({ checks, findings, facts }: Diagnosis, output: Output): void {
  for (const finding of findings) printFinding(finding, output);
  if (facts.length > 0) {
    output.table(
      ['seen at', 'what', 'is'],
      facts.map(({ about, what, is }) => ({ cells: [about, what, is] })),
    );
    output.line();
  }
  output.line(
    findings.length === 0
      ? `Nothing is wrong: ${checks} checks.`
      : `${findings.length} ${findings.length === 1 ? 'thing is' : 'things are'} wrong, of ${checks} checks.`,
  );
}

function printFinding({ name, about, cause, evidence, fix }: DoctorFinding, output: Output): void {
  output.heading(`${name}  ${about}`);
  output.line(`  cause     ${cause}`);
  output.line(`  evidence  ${evidence}`);
  output.line(`  fix       ${fix}\n`);
}

function environmentFile(text: string, common: Environment): readonly [Service, Environment] {
  const [name = '', ...rest] = text.split('=');
  const service = SERVICES.find((one) => one === name);
  const file = rest.join('=');
  if (service === undefined || file === '')
    throw new Cannot(`--env-file ${text}: write <service>=<file>, of ${SERVICES.join(', ')}.`, 'usage');
  let lines: readonly string[];
  try {
    lines = readFileSync(resolve(file), 'utf8').split(/\r?\n/);
  } catch {
    throw new Cannot(
      `The file ${file} does not exist or cannot be read. Name another one: --env-file <service>=<file>`,
      'noInput',
    );
  }
  const values = lines.flatMap((line) => {
    const [, key, value] = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
    return key === undefined ? [] : [[key, (value ?? '').replace(/^(["'])(.*)\1$/, '$2')] as const];
  });
  return [service, { ...common, ...Object.fromEntries(values) }];
}
