import type { Path } from '../findings/path.js';
import type { Finding } from '../findings/problems.js';
import { PROFILE_NAMES, type ProfileName } from '../model/profile-names.js';
import { PROVIDER_BLOCKS } from '../yaml/provider-fields.js';
import { belongsBeside, isOwn } from './known-fields.js';
import { filledFields, mergedFields, type FilledField } from './fields.js';
import { parametersOf } from './parameters.js';
import { isFields, type Fields } from './plain-data.js';
import type { Profile } from './profile.js';
import { PROFILES } from './profiles.js';

/** A field that a profile filled in. */
export interface FilledIn extends FilledField {
  /** Name of the provider, as it is configured. */
  readonly provider: string;
  readonly profile: ProfileName;
  readonly documentation: string;
}

/** A document in which every provider is described in full. */
export interface Expanded {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** Blocks that hold stand-ins. */
  readonly wrong: readonly Path[];
  readonly filledIn: readonly FilledIn[];
  /** Where in the document as it was written something stands that is at this path of the expanded one. */
  readonly placeOf: (path: Path) => Path;
}

const PROVIDERS: Path = ['authServer', 'upstreamProviders'];

/** Puts the fields of its profile into every provider that names one. What is written beside `provider` stays. */
export function expandProfiles(document: unknown): Expanded {
  const authServer = isFields(document) ? document['authServer'] : undefined;
  const providers = isFields(authServer) ? authServer['upstreamProviders'] : undefined;
  const items = Array.isArray(providers)
    ? providers.map((item: unknown, index) => expandedItem(item, [...PROVIDERS, index]))
    : [];
  if (!isFields(document) || !isFields(authServer) || items.every((item) => item.block === undefined))
    return { value: document, findings: [], wrong: [], filledIn: [], placeOf: (path) => path };
  return {
    value: {
      ...document,
      authServer: { ...authServer, upstreamProviders: items.map(({ value }) => value) },
    },
    findings: items.flatMap(({ findings }) => findings),
    wrong: items.flatMap(({ wrong }) => wrong),
    filledIn: items.flatMap(({ filledIn }) => filledIn),
    placeOf: (path) => placeIn(path, items),
  };
}

interface ExpandedItem extends Omit<Expanded, 'placeOf'> {
  /** The block that stands for what is written beside `provider`; absent: none is named. */
  readonly block: string | undefined;
}

function placeIn(path: Path, items: readonly ExpandedItem[]): Path {
  const [, , index, block, ...rest] = path;
  const isInItem = PROVIDERS.every((step, at) => path[at] === step) && typeof index === 'number';
  if (!isInItem || block === undefined || items[index]?.block !== block) return path;
  return [...PROVIDERS, index, ...rest];
}

const only = (fields: Fields, wanted: (field: string) => boolean): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => wanted(field)));

function expandedItem(item: unknown, path: Path): ExpandedItem {
  const name = isFields(item) ? item['provider'] : undefined;
  if (!isFields(item) || name === undefined)
    return { value: item, findings: [], wrong: [], filledIn: [], block: undefined };
  if (!isProfileName(name)) return unknownProfile(only(item, isOwn), path);
  const profile = PROFILES[name];
  const block = PROVIDER_BLOCKS[profile.type];
  const own = only(item, (field) => belongsBeside(profile, field));
  const { written, findings } = writtenBeside(
    only(item, (field) => !Object.hasOwn(own, field)),
    profile,
    path,
  );
  const parameters = parametersOf(profile, written, path);
  const merged = mergedFields(profile, parameters.values, parameters.written);
  const problems = [...findings, ...parameters.findings, ...secretFindings(profile, merged, path)];
  return {
    value: { ...own, type: profile.type, [block]: merged },
    findings: problems,
    wrong: problems.length === 0 ? [] : [[...path, block]],
    filledIn: filledFields(merged, parameters.written).map((filled) => ({
      ...filled,
      provider: typeof item['name'] === 'string' ? item['name'] : '',
      profile: name,
      documentation: profile.documentation[0] ?? '',
    })),
    block,
  };
}

const isProfileName = (name: unknown): name is ProfileName => PROFILE_NAMES.some((known) => known === name);

/** The field `provider` itself reports it, with the nearest name. */
function unknownProfile(own: Fields, path: Path): ExpandedItem {
  const block = PROVIDER_BLOCKS.oauth2;
  const url = 'https://provider.invalid';
  return {
    value: {
      ...own,
      type: 'oauth2',
      [block]: { authorizationEndpoint: url, tokenEndpoint: url, clientId: 'x', identityFromToken: {} },
    },
    findings: [],
    wrong: [[...path, block]],
    filledIn: [],
    block,
  };
}

/** Fields of the block, written directly. A type or a block beside them would say it twice. */
function writtenBeside(
  item: Fields,
  profile: Profile,
  path: Path,
): { readonly written: Fields; readonly findings: readonly Finding[] } {
  const { type, title } = profile;
  const twice: readonly string[] = ['type', ...Object.values(PROVIDER_BLOCKS)];
  const findings: readonly Finding[] = twice
    .filter((field) => Object.hasOwn(item, field) && item[field] !== type)
    .map((field) => ({
      path: [...path, field],
      message:
        field === 'type'
          ? `${title} is of type ${type}: leave this out.`
          : 'Beside provider, these fields are written directly, without a block.',
    }));
  return { written: only(item, (field) => !twice.includes(field)), findings };
}

function secretFindings({ title }: Profile, merged: Fields, path: Path): readonly Finding[] {
  const method = merged['tokenEndpointAuthMethod'];
  const needsSecret = method === 'client_secret_basic' || method === 'client_secret_post';
  return needsSecret && merged['clientSecret'] === undefined && merged['clientId'] !== undefined
    ? [
        {
          path: [...path, 'clientSecret'],
          message: `${title} needs a client secret.`,
          instead: 'clientSecret: { env: CLIENT_SECRET }',
        },
      ]
    : [];
}
