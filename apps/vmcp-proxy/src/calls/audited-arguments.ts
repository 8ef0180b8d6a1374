import type { AuditedArguments } from '@gatehouse/config/model/telemetry';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import { RefusedJson } from '../json/refused-json.js';
import { joinJson, type Json, type RawObject } from '../json/raw-json.js';

/** Of one value; more of it is not read. */
const MAX_VALUE_BYTES = 4_096;

/** The values of arguments that the configuration names, for audit lines. */
export class AuditedValues {
  readonly #byBackend: ReadonlyMap<string, readonly AuditedArguments[]>;

  constructor(audited: readonly AuditedArguments[]) {
    this.#byBackend = Map.groupBy(audited, ({ workload }) => workload);
  }

  /** @param tool the backend's own name. @returns `undefined` where none of them is there. */
  of(backend: string, tool: string, params: RawObject): Readonly<Record<string, string>> | undefined {
    const names = this.#byBackend
      .get(backend)
      ?.filter(({ tools }) => tools.some((pattern) => matchesWildcard(pattern, tool)))
      .flatMap((one) => one.names);
    if (names === undefined || names.length === 0) return undefined;
    const given = members(params);
    const values = new Map<string, string>();
    for (const name of names) {
      const value = given?.get(name);
      if (value !== undefined) values.set(name, textOf(value));
    }
    return values.size === 0 ? undefined : Object.fromEntries(values);
  }
}

/** Arguments that are too many or too large to be looked into go to the backend all the same. */
function members(params: RawObject): RawObject | undefined {
  try {
    return params.get('arguments')?.object();
  } catch (error) {
    if (error instanceof RefusedJson) return undefined;
    throw error;
  }
}

/** Strings as they are, everything else as JSON. */
function textOf(value: Json): string {
  if (value.byteLength > MAX_VALUE_BYTES) return `(${value.byteLength} bytes)`;
  try {
    return value.text() ?? joinJson(value).toString();
  } catch (error) {
    if (error instanceof RefusedJson) return '(unreadable)';
    throw error;
  }
}
