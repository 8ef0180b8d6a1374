import { sameContent } from '@gatehouse/kernel/same-content';
import type { Secret } from '@gatehouse/kernel/secret';
import type { Path } from './findings/path.js';
import { renderPath } from './findings/problems.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { GatehouseYaml } from './yaml/gatehouse-yaml.js';

/** What was loaded, as far as a reload looks at it. */
export interface LoadedFacts {
  readonly written: GatehouseYaml;
  /** Values of the part's secrets, by where they stand. */
  readonly secrets: readonly { readonly path: Path; readonly secret: Secret }[];
  readonly model: Pick<GatehouseModel, 'authServer' | 'incomingAuth'>;
}

export interface ReloadPlan {
  /** Fields that a running service does not change. With one of them, nothing of the file is taken. */
  readonly needsRestart: readonly string[];
  /** What is different and can be taken, by its outermost fields. */
  readonly changed: readonly string[];
}

const PROVIDERS: Path = ['authServer', 'upstreamProviders'];

/** What running services exchange. Everything else of the document is read at the start alone. */
const RELOADABLE: readonly Path[] = [
  ['backends'],
  ['outgoingAuth'],
  ['passthroughHeaders'],
  ['aggregation'],
  ['views'],
  ['incomingAuth', 'authz'],
  ['rateLimiting'],
  ['operational'],
  ['authServer', 'signingKeys'],
];

/** What the new file changes, and what of it a running service cannot take. */
export function reloadPlan(before: LoadedFacts, after: LoadedFacts): ReloadPlan {
  const places = [
    ...differences(withoutCallers(before), withoutCallers(after), []),
    ...changedCallers(before, after),
    ...changedSecrets(before, after),
  ];
  const restart = places.filter((place) => !RELOADABLE.some((path) => isWithin(path, place)));
  return {
    needsRestart: distinct([
      ...restart.filter((place) => !isWithin(PROVIDERS, place)),
      ...providersThatChanged(before, after, restart),
      ...firstProgram(before.written, after.written),
    ]),
    changed: distinct(
      places
        .filter((place) => !restart.includes(place) || isWithin(PROVIDERS, place))
        .map((place) => place.slice(0, place[0] === 'authServer' || place[0] === 'incomingAuth' ? 2 : 1)),
    ),
  };
}

const isWithin = (outer: Path, place: Path): boolean => outer.every((step, index) => step === place[index]);

const withoutCallers = ({ written }: LoadedFacts): unknown => ({ ...written, incomingAuth: undefined });

/** Whose tokens are accepted is made of several fields, and may not be written at all. */
function changedCallers(before: LoadedFacts, after: LoadedFacts): readonly Path[] {
  const [earlier, now] = [before.written.incomingAuth, after.written.incomingAuth];
  const authz = sameContent(earlier?.authz, now?.authz) ? [] : [['incomingAuth', 'authz']];
  if (JSON.stringify(before.model.incomingAuth) === JSON.stringify(after.model.incomingAuth)) return authz;
  // Where it was not written, its fields have no values that could be compared.
  const isWritten = earlier !== undefined && now !== undefined;
  const places = isWritten
    ? differences({ ...earlier, authz: undefined }, { ...now, authz: undefined }, ['incomingAuth'])
    : [];
  return [...authz, ...(places.length === 0 ? [['incomingAuth']] : places)];
}

/** Places of the smallest things that are different; a list is one thing. */
function differences(left: unknown, right: unknown, path: Path): readonly Path[] {
  if (sameContent(left, right)) return [];
  if (!isRecord(left) || !isRecord(right)) return [path];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((name) =>
    differences(left[name], right[name], [...path, name]),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same reference, and another value in it: a key that somebody exchanged. */
function changedSecrets(before: LoadedFacts, after: LoadedFacts): readonly Path[] {
  const known = new Map(before.secrets.map(({ path, secret }) => [renderPath(named(path, before)), secret]));
  return after.secrets.flatMap(({ path, secret }) => {
    const place = named(path, after);
    const earlier = known.get(renderPath(place));
    return earlier === undefined || sameContent(earlier, secret) ? [] : [place];
  });
}

/** A provider is the same one wherever it stands in its list. */
function named(path: Path, { written }: LoadedFacts): Path {
  const [, , index] = path;
  if (typeof index !== 'number' || !isWithin(PROVIDERS, path)) return path;
  return [...PROVIDERS, written.authServer?.upstreamProviders[index]?.name ?? index, ...path.slice(3)];
}

/** Providers can be added. Those that people are connected to stay as they are, and so does the one that decides who a person is. */
function providersThatChanged(
  before: LoadedFacts,
  after: LoadedFacts,
  places: readonly Path[],
): readonly Path[] {
  if (!places.some((place) => isWithin(PROVIDERS, place))) return [];
  const [earlier, now] = [providersOf(before), providersOf(after)];
  // Without a list on either side there is no authorization server there.
  if (earlier === undefined || now === undefined) return [['authServer']];
  const changed = [...earlier].flatMap(([name, provider]) =>
    sameContent(provider, now.get(name)) ? [] : [[...PROVIDERS, name]],
  );
  const secrets = places.filter(([, , name]) => typeof name === 'string' && earlier.has(name));
  const primary = before.model.authServer?.primaryUpstreamProvider;
  return [
    ...changed,
    ...secrets,
    ...(primary === after.model.authServer?.primaryUpstreamProvider
      ? []
      : [['authServer', 'primaryUpstreamProvider']]),
  ];
}

const providersOf = ({ written }: LoadedFacts): ReadonlyMap<string, unknown> | undefined =>
  written.authServer && new Map(written.authServer.upstreamProviders.map((one) => [one.name, one]));

/** The bridge takes up programs as services take up backends. Without one to run it does not run itself, and somebody has to start it. */
function firstProgram(before: GatehouseYaml, after: GatehouseYaml): readonly Path[] {
  if (before.backends.some(isProgram)) return [];
  return after.backends.filter(isProgram).map(({ name }) => ['backends', name]);
}

const isProgram = ({ command }: GatehouseYaml['backends'][number]): boolean => command !== undefined;

const distinct = (paths: readonly Path[]): readonly string[] => [...new Set(paths.map(renderPath))];
