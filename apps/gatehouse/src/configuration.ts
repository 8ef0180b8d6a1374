import { dirname } from 'node:path';
import { parseConfiguration } from '@gatehouse/config/load';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { FilledIn } from '@gatehouse/config/profiles/expand';
import type { Problem } from '@gatehouse/config/findings/problems';
import { renderProblems } from '@gatehouse/config/findings/render-problems';
import { readConfigurationText } from '@gatehouse/config/read-configuration';
import type { ConfigurationText } from '@gatehouse/config/written-document';
import { systemSecrets } from '@gatehouse/config/secrets/secret-references';
import type { Part } from '@gatehouse/config/secrets/secret-resolver';
import { Cannot } from './cannot.js';
import { refuseUnreadable } from './unreadable.js';

export type { ConfigurationText };

/** A `gatehouse.yaml`, a file of manifests, a folder of them, or `-` for standard input. */
export function readConfiguration(
  file: string,
  virtualServer: string | undefined = process.env['GATEHOUSE_VIRTUAL_SERVER'],
): ConfigurationText {
  if (file !== '-') refuseUnreadable(file);
  const configuration = readConfigurationText(file, { virtualServer });
  if (configuration === undefined)
    throw new Cannot(
      `The configuration ${file} does not exist or cannot be read. Write one: gatehouse init`,
      'noInput',
    );
  return configuration;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CheckedConfiguration {
  readonly model: GatehouseModel;
  /** What profiles of providers filled in. */
  readonly filledIn: readonly FilledIn[];
  readonly warnings: readonly Problem[];
}

/** The checked model; every problem at once when there are any. */
export function checked(
  configuration: ConfigurationText,
  part: Part,
  environment: Environment,
): CheckedConfiguration {
  const readSecret = systemSecrets(dirname(configuration.document), environment);
  const loaded = parseConfiguration(configuration, { part, readSecret });
  if (!loaded.ok) throw new WrongConfiguration(loaded.problems);
  return loaded;
}

/** What is wrong with a configuration, in words and as a list. */
export class WrongConfiguration extends Cannot {
  constructor(readonly problems: readonly Problem[]) {
    super(renderProblems(problems), 'configuration');
  }
}

export const modelOf = (
  configuration: ConfigurationText,
  part: Part,
  environment: Environment,
): GatehouseModel => checked(configuration, part, environment).model;

/**
 * Checks the parts of several services, each with the environment of its own process. All problems are reported at
 * once.
 */
export function checkParts(
  configuration: ConfigurationText,
  parts: readonly { readonly part: Part; readonly environment: Environment }[],
): void {
  const problems = parts.flatMap(({ part, environment }) => {
    const readSecret = systemSecrets(dirname(configuration.document), environment);
    const loaded = parseConfiguration(configuration, { part, readSecret });
    return loaded.ok ? [] : loaded.problems;
  });
  // A problem of all parts is found once per part.
  const distinct = new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem]));
  if (distinct.size > 0) throw new Cannot(renderProblems([...distinct.values()]), 'configuration');
}

/** Names of the environment variables that one part reads: all that its process may be given. */
export function environmentNamesOf(
  configuration: ConfigurationText,
  part: Part,
  environment: Environment,
): ReadonlySet<string> {
  const names = new Set<string>();
  const read = systemSecrets(dirname(configuration.document), environment);
  parseConfiguration(configuration, {
    part,
    readSecret: (reference) => {
      if ('env' in reference) names.add(reference.env);
      return read(reference);
    },
  });
  return names;
}
