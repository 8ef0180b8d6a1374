import type { DetailedError, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Finding } from '../findings/problems.js';
import type { PolicySource } from '../model/call-policies.js';
import { cedar } from './cedar.js';

/** One policy of the configuration. */
export interface NamedPolicy {
  /** `@id`, or where it stands. No two are the same. */
  readonly id: string;
  /** The id was written, so that people can be told it. */
  readonly hasOwnId: boolean;
  /** `@reason`: what a person whom it refuses is told. */
  readonly reason?: string;
  readonly json: PolicyJson;
  readonly path: PolicySource['path'];
}

export interface ReadPolicies {
  readonly policies: readonly NamedPolicy[];
  readonly findings: readonly Finding[];
}

/** The policies of all sources, in their order. */
export function readPolicies(sources: readonly PolicySource[]): ReadPolicies {
  const policies: NamedPolicy[] = [];
  const findings: Finding[] = [];
  for (const source of sources) {
    const { path } = source;
    const parts = cedar().policySetTextToParts(source.text);
    if (parts.type === 'failure') {
      findings.push(
        ...parts.errors.map((error) => ({ path, message: sentenceOf(error, source.text, 'policies') })),
      );
      continue;
    }
    if (parts.policy_templates.length > 0)
      findings.push({
        path,
        message: 'A policy has a slot (?principal or ?resource): templates are not read here.',
      });
    for (const text of parts.policies) {
      const parsed = cedar().policyToJson(text);
      if (parsed.type === 'failure')
        findings.push(
          ...parsed.errors.map((error) => ({ path, message: sentenceOf(error, text, 'a policy') })),
        );
      else policies.push(named(parsed.json, path, policies.length));
    }
  }
  return { policies, findings: [...findings, ...equalIds(policies)] };
}

function named(json: PolicyJson, path: NamedPolicy['path'], index: number): NamedPolicy {
  const { id, reason } = json.annotations ?? {};
  return {
    id: id ?? `policy ${String(index + 1)}`,
    hasOwnId: id !== undefined,
    ...(reason === undefined || reason === '' ? {} : { reason }),
    json,
    path,
  };
}

const equalIds = (policies: readonly NamedPolicy[]): readonly Finding[] =>
  policies.flatMap(({ id, path }, index) =>
    policies.findIndex((other) => other.id === id) < index
      ? [{ path, message: `Two policies have the @id "${id}".` }]
      : [],
  );

/** With the line, and what Cedar advises. */
export function sentenceOf(
  { message, help, sourceLocations }: DetailedError,
  text: string,
  of: string,
): string {
  const start = sourceLocations?.[0]?.start;
  const line = start === undefined ? '' : ` (line ${String(lineAt(text, start))} of ${of})`;
  return `Cedar: ${message}${line}.${help === null ? '' : ` ${help}.`}`;
}

/** @param offset in bytes of UTF-8. */
const lineAt = (text: string, offset: number): number =>
  Buffer.from(text).subarray(0, offset).toString().split('\n').length;
