import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SecretResolver, type Part } from './secrets/secret-resolver.js';
import { modelFromYaml } from './from-yaml/model-from-yaml.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { FilledIn } from './profiles/expand.js';
import { notConsequences, renderPath, type Finding, type Problem } from './findings/problems.js';
import { ruleFindings, warningFindings } from './rules/rules.js';
import { systemSecrets, type SecretReader } from './secrets/secret-references.js';
import { checkStructure, type Structure } from './structure/structure.js';
import { readYaml, type YamlSource } from './yaml/yaml-document.js';

export type Loaded =
  | {
      readonly ok: true;
      readonly model: GatehouseModel;
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
}

/** A configuration is written by hand; anything larger is not one. */
const MAX_TEXT_LENGTH = 1024 * 1024;

/** Reads, checks and resolves `gatehouse.yaml`. All problems are reported at once; nothing is thrown. */
export function loadConfiguration(path: string, { part }: LoadOptions): Loaded {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {
      ok: false,
      problems: [{ document: path, path: '', message: 'The file does not exist or cannot be read.' }],
    };
  }
  return parseConfiguration({ document: path, text }, { part, readSecret: systemSecrets(dirname(path)) });
}

/** The same for a text: `document` names it in problems, `readSecret` is asked for the secrets of the part. */
export function parseConfiguration(
  { document, text }: { readonly document: string; readonly text: string },
  { part, readSecret }: LoadOptions & { readonly readSecret: SecretReader },
): Loaded {
  if (text.length > MAX_TEXT_LENGTH)
    return { ok: false, problems: [{ document, path: '', message: 'The file is too large.' }] };
  const yaml = readYaml(text);
  if (!yaml.ok)
    return { ok: false, problems: yaml.errors.map((error) => ({ document, path: '', ...error })) };

  const structure = checkStructure(yaml.source.value);
  const findings: Finding[] = [...structure.findings];
  let model: GatehouseModel | undefined;
  if (structure.shape !== undefined) {
    const secrets = new SecretResolver(part, readSecret, structure.wrong);
    model = modelFromYaml(structure.shape, secrets);
    const deduced = notConsequences([...ruleFindings(model), ...partFindings(model, part)], structure.wrong);
    findings.push(...[...deduced, ...secrets.findings].map((finding) => placed(finding, structure)));
  }
  return findings.length === 0 && model !== undefined
    ? {
        ok: true,
        model,
        filledIn: structure.filledIn,
        warnings: toProblems(
          warningFindings(model).map((finding) => placed(finding, structure)),
          document,
          yaml.source,
        ),
      }
    : {
        ok: false,
        problems: toProblems(findings, document, yaml.source),
        ...(model === undefined ? {} : { model }),
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

function toProblems(findings: readonly Finding[], document: string, source: YamlSource): readonly Problem[] {
  return findings
    .map(({ path, message, instead }) => {
      const line = source.lineOf(path);
      return {
        document,
        path: renderPath(path),
        message,
        ...(line === undefined ? {} : { line }),
        ...(instead === undefined ? {} : { instead }),
      };
    })
    .sort((left, right) => (left.line ?? 0) - (right.line ?? 0));
}
