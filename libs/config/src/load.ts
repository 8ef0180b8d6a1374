import { dirname } from 'node:path';
import { SecretResolver, type Part } from './secrets/secret-resolver.js';
import { modelFromYaml } from './from-yaml/model-from-yaml.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { FilledIn } from './profiles/expand.js';
import { notConsequences, type Finding, type Problem } from './findings/problems.js';
import { ruleFindings } from './rules/rules.js';
import { warningFindings } from './rules/warnings.js';
import { systemSecrets, type SecretReader } from './secrets/secret-references.js';
import type { LoadedFacts } from './reload-plan.js';
import { checkStructure, type Structure } from './structure/structure.js';
import { readConfigurationText, type ReadConfigurationOptions } from './read-configuration.js';
import type { GatehouseYaml } from './yaml/gatehouse-yaml.js';
import { readDocument, type ConfigurationText, type WrittenDocument } from './written-document.js';

export type Loaded =
  | {
      readonly ok: true;
      readonly model: GatehouseModel;
      /** The document as it was checked: profiles and defaults are filled in. */
      readonly written: GatehouseYaml;
      /** Values of the part's secrets, by where they stand. */
      readonly secrets: LoadedFacts['secrets'];
      /** What profiles filled in. */
      readonly filledIn: readonly FilledIn[];
      /** What is allowed and deserves a second look. */
      readonly warnings: readonly Problem[];
    }
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      /**
       * What could be read, with stand-ins where the document is wrong. Use it to find more problems (does the database
       * answer?), never to run.
       */
      readonly model?: GatehouseModel;
    };

export interface LoadOptions {
  /** Whose secrets are read. Every check that needs no secret runs in any case. */
  readonly part: Part;
  /** Hears of each file that the configuration, its secrets and its policies are read from. */
  readonly readsFile?: (path: string) => void;
  /** Where variables are; left out: those of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Reads, checks and resolves a `gatehouse.yaml`, a file of manifests or a folder. All problems are reported at once; nothing is thrown. */
export function loadConfiguration(
  path: string,
  { part, readsFile, environment, ...options }: LoadOptions & ReadConfigurationOptions,
): Loaded {
  const configuration = readConfigurationText(path, options);
  if (configuration === undefined)
    return {
      ok: false,
      problems: [{ document: path, path: '', message: 'The file does not exist or cannot be read.' }],
    };
  for (const { document } of configuration.files ?? []) readsFile?.(document);
  const readSecret = systemSecrets(dirname(configuration.document), environment, readsFile);
  return parseConfiguration(configuration, { part, readSecret });
}

/** The same for a text: `document` names it in problems, `readSecret` is asked for the secrets of the part. */
export function parseConfiguration(
  configuration: ConfigurationText,
  { part, readSecret }: LoadOptions & { readonly readSecret: SecretReader },
): Loaded {
  const written = readDocument(configuration);
  if (written.value === undefined) return { ok: false, problems: written.problems };
  const structure = checkStructure(written.value);
  const findings: Finding[] = [...notConsequences(structure.findings, written.wrong)];
  const wrong = [...structure.wrong, ...written.wrong];
  const { shape } = structure;
  const secrets = new SecretResolver(part, written.readerOf(readSecret), wrong);
  let model: GatehouseModel | undefined;
  if (shape !== undefined) {
    model = modelFromYaml(shape, secrets);
    const deduced = notConsequences([...ruleFindings(model), ...partFindings(model, part)], wrong);
    findings.push(...[...deduced, ...secrets.findings].map((finding) => placed(finding, structure)));
  }
  const problems = sorted(
    distinct([...written.problems, ...withoutSaid(findings.map(written.problem), written)]),
  );
  if (problems.length > 0 || model === undefined || shape === undefined)
    return { ok: false, problems, ...(model === undefined ? {} : { model }) };
  const warnings = warningFindings(model).map((finding) => written.problem(placed(finding, structure)));
  return {
    ok: true,
    model,
    written: shape,
    secrets: secrets.resolved,
    filledIn: structure.filledIn,
    warnings: sorted([...written.warnings, ...warnings]),
  };
}

const placed = (finding: Finding, { placeOf }: Structure): Finding => ({
  ...finding,
  path: placeOf(finding.path),
});

/** A service that has no work in this installation says so instead of starting. */
const partFindings = (model: GatehouseModel, part: Part): readonly Finding[] =>
  part === 'authorization-server' && model.authServer === undefined
    ? [
        {
          path: ['authServer'],
          message: 'This configuration trusts an external issuer: there is no authorization server to run.',
        },
      ]
    : [];

/** What is wrong with a field of a manifest is said once, in the words of the manifest. */
const withoutSaid = (
  problems: readonly Problem[],
  { problems: said, meant }: WrittenDocument,
): readonly Problem[] => {
  const places = new Set([...said, ...meant].map(placeOf));
  return problems.filter((problem) => !places.has(placeOf(problem)));
};

const placeOf = ({ document, path }: Problem): string => `${document} ${path}`;

/** One field of a manifest can stand for two of the native form. */
const distinct = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
];

const sorted = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted(
    (left, right) => left.document.localeCompare(right.document) || (left.line ?? 0) - (right.line ?? 0),
  );
