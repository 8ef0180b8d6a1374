import { nearestName } from '../findings/nearest-name.js';
import type { Path } from '../findings/path.js';
import type { Finding } from '../findings/problems.js';
import { FORMATS } from '../yaml/formats.js';
import { isFieldOf } from './known-fields.js';
import type { Fields } from './plain-data.js';
import type { Profile, ProfileParameter } from './profile.js';

export interface Parameters {
  /** By name; a stand-in where what is written is wrong. */
  readonly values: ReadonlyMap<string, string>;
  /** What was written beside them. */
  readonly written: Fields;
  readonly findings: readonly Finding[];
}

/** Takes a profile's parameters from what is written beside it. One whose field is written itself is not needed. */
export function parametersOf(profile: Profile, written: Fields, path: Path): Parameters {
  const { parameters = {}, title } = profile;
  const taken = Object.entries(parameters).map(([name, parameter]) => {
    const field = writtenFieldOf(name, written, profile);
    const given = field === undefined ? undefined : written[field];
    const isUsed = fieldsLeft(profile, written).includes(`{${name}}`);
    const problem =
      field === undefined || field === name
        ? problemOf(given ?? parameter.fallback, parameter, { title, isUsed, isWritten: given !== undefined })
        : { message: `Unknown field. Did you mean ${name}?`, instead: `${name}:` };
    const value = given ?? parameter.fallback;
    return {
      name,
      field,
      value: problem === undefined && typeof value === 'string' ? value : parameter.example,
      findings: problem === undefined ? [] : [{ path: [...path, field ?? name], ...problem }],
    };
  });
  const rest = Object.entries(written).filter(([name]) => taken.every(({ field }) => field !== name));
  return {
    values: new Map(taken.map(({ name, value }) => [name, value])),
    written: Object.fromEntries(rest),
    findings: taken.flatMap(({ findings }) => findings),
  };
}

/** The field that holds a parameter: of its name, or of one that was meant to be it. */
function writtenFieldOf(name: string, written: Fields, profile: Profile): string | undefined {
  if (Object.hasOwn(written, name)) return name;
  const names = Object.keys(profile.parameters ?? {});
  return Object.keys(written).find(
    (field) => !isFieldOf(profile, field) && !names.includes(field) && nearestName(field, names) === name,
  );
}

/** The profile's fields that nobody wrote, as one text. */
const fieldsLeft = ({ fields }: Profile, written: Fields): string =>
  JSON.stringify(Object.entries(fields).filter(([field]) => !Object.hasOwn(written, field)));

function problemOf(
  value: unknown,
  { format, about, example }: ProfileParameter,
  use: { readonly title: string; readonly isUsed: boolean; readonly isWritten: boolean },
): Omit<Finding, 'path'> | undefined {
  if (!use.isUsed)
    return use.isWritten ? { message: 'This has no effect beside the field that it is for.' } : undefined;
  if (value === undefined)
    return { message: `${use.title} needs this field. ${about}.`, instead: `such as ${example}` };
  if (typeof value !== 'string') return { message: `Expected a text. ${about}, such as ${example}.` };
  const problem = FORMATS[format].check(value);
  return problem === undefined ? undefined : { ...problem, message: `The value ${problem.message}` };
}
