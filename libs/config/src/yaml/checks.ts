import { z } from 'zod';
import { FORMATS, type Format } from './formats.js';

/** Code of the issues below. They have our own `message`, and `params.instead` says what to write. */
export const OWN_WORDS = 'custom';

/**
 * Zod skips checks on a value that has an error inside. These checks run all the same, so that one run finds
 * everything.
 */
const ALWAYS = { when: ({ value }: z.core.ParsePayload) => isRecord(value) };

const isRecord = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The text has its format. */
export const hasFormat = (format: Format) => {
  const { check } = FORMATS[format];
  return z.superRefine<string>((value, context) => {
    const problem = check(value);
    if (problem === undefined) return;
    const { message, ...params } = problem;
    context.addIssue({ code: OWN_WORDS, message: `The value ${message}`, params });
  });
};

/** The keys of the map have their format. */
export const keysHaveFormat = (format: Format) => {
  const { check } = FORMATS[format];
  return z.superRefine<Readonly<Record<string, unknown>>>((value, context) => {
    for (const key of Object.keys(value)) {
      const problem = check(key);
      if (problem !== undefined)
        context.addIssue({ code: OWN_WORDS, path: [key], message: `The name ${problem.message}` });
    }
  }, ALWAYS);
};

/** Entities of policies stand in the document or in a file. */
export const entitiesInOnePlace = z.superRefine<object>((value, context) => {
  if (!Object.hasOwn(value, 'entitiesJson') || !Object.hasOwn(value, 'entitiesFile')) return;
  context.addIssue({
    code: OWN_WORDS,
    path: ['entitiesFile'],
    message: 'The entities are written in entitiesJson already: write one of the two.',
  });
}, ALWAYS);

const PLACES = ['env', 'file', 'secretRef'];
/** Where the private part of a signing key can be. */
export const KEY_PLACES: readonly string[] = [...PLACES, 'pkcs11', 'awsKms'];

/** A reference to a secret names one place, and one only. */
export const namesOnePlace = z.superRefine<object>((value, context) => {
  if (PLACES.filter((place) => Object.hasOwn(value, place)).length === 1) return;
  context.addIssue({
    code: OWN_WORDS,
    message: 'A reference to a secret has exactly one of env, file and secretRef.',
    params: { instead: '{ env: NAME }, { file: /path } or { secretRef: { name, key } }' },
  });
}, ALWAYS);

/** A signing key is in one place. */
export const namesOneKey = z.superRefine<object>((value, context) => {
  if (KEY_PLACES.filter((place) => Object.hasOwn(value, place)).length === 1) return;
  context.addIssue({
    code: OWN_WORDS,
    message: `A signing key has exactly one of ${KEY_PLACES.slice(0, -1).join(', ')} and ${KEY_PLACES.at(-1) ?? ''}.`,
    params: { instead: '{ env: NAME }, { pkcs11: … } or { awsKms: … }' },
  });
}, ALWAYS);

/** A plain OAuth 2 provider says in one way who signed in. */
export const hasOneIdentitySource = z.superRefine<object>((value, context) => {
  const sources = ['userInfo', 'identityFromToken'].filter((source) => Object.hasOwn(value, source));
  if (sources.length === 0)
    context.addIssue({
      code: OWN_WORDS,
      path: ['userInfo'],
      message:
        'Nothing says who signed in: a provider of type oauth2 needs either userInfo or identityFromToken.',
      params: { instead: 'userInfo: { endpointUrl: … }, or identityFromToken: { fieldMapping: … }' },
    });
  if (sources.length > 1)
    context.addIssue({
      code: OWN_WORDS,
      path: ['identityFromToken'],
      message: 'Only one of userInfo and identityFromToken says who signed in: write the one that counts.',
    });
}, ALWAYS);

/** An id_token is believed only when something can verify it. */
export const idTokenCanBeVerified = z.superRefine<object>((value, context) => {
  const needed = 'source' in value && value.source === 'idToken';
  for (const field of ['issuer', 'jwksUrl'])
    if (Object.hasOwn(value, field) !== needed)
      context.addIssue({
        code: OWN_WORDS,
        path: [field],
        message: needed
          ? 'source: idToken needs this field: without it the id_token cannot be verified.'
          : 'This field goes with source: idToken alone.',
      });
}, ALWAYS);

const OF_URLS = ['allowPrivateIps', 'insecureAllowHttp', 'caBundle'];
const OF_COMMANDS = ['env', 'secretEnv', 'cwd', 'tokenEnv', 'processes'];

/** A backend is either reached at its URL, or a program that the bridge runs. */
export const haveUrlOrCommand = z.superRefine<readonly unknown[]>(
  (value, context) => {
    for (const [index, backend] of value.entries())
      for (const [field, message] of strayFields(backend))
        context.addIssue({ code: OWN_WORDS, path: [index, field], message });
  },
  { when: ({ value }) => Array.isArray(value) },
);

function strayFields(backend: unknown): readonly (readonly [field: string, message: string])[] {
  if (typeof backend !== 'object' || backend === null) return [];
  const fields = new Map(Object.entries(backend));
  const [hasUrl, hasCommand] = [fields.has('url'), fields.has('command')];
  if (!hasUrl && !hasCommand)
    return [['url', 'A backend needs its url, or the command of a program that speaks MCP over stdio.']];
  if (hasUrl && hasCommand) return [['command', 'A backend has either a url or a command.']];
  // What was not written is false by now.
  const stray = hasCommand
    ? OF_URLS.filter((field) => (fields.get(field) ?? false) !== false)
    : OF_COMMANDS.filter((field) => fields.has(field));
  return stray.map((field) => [field, `This goes with ${hasCommand ? 'url' : 'command'} alone.`]);
}
