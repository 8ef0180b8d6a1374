import { withExternalIssuer, type Plant } from './doctor-world.fixture.js';
import type { Faults } from './stubs.fixture.js';

export interface Row {
  readonly fault: string;
  readonly name: string;
  /** Where others would be found by that name, too. */
  readonly about?: string;
  readonly provider?: Faults;
  readonly server?: Faults;
  readonly backend?: Faults;
  readonly front?: Faults;
  readonly plant?: () => Plant | Promise<Plant>;
}

export const row = (fault: string, name: string, rest: Omit<Row, 'fault' | 'name'>): Row => ({
  fault,
  name,
  ...rest,
});

export const as = (
  service: 'authorization-server' | 'token-vault' | 'vmcp-proxy',
  values: Record<string, string>,
): Plant => ({
  values: { [service]: values },
});

/** What can be wrong where callers bring tokens of another issuer. */
export const issuerPlants = ({
  origin,
  nobody,
}: Readonly<Record<'origin' | 'nobody', () => string>>): readonly Row[] => [
  row('an issuer of callers without keys', 'issuer-keys-missing', {
    plant: () => withExternalIssuer(origin()),
    provider: { keys: [] },
  }),
  row('an issuer of callers whose metadata are of another one', 'issuer-metadata-missing', {
    plant: () => withExternalIssuer(origin()),
    provider: { metadata: { issuer: 'https://another.example' } },
  }),
  row('a cluster that this pod has no account for', 'issuer-cluster-access-missing', {
    plant: () =>
      withExternalIssuer('https://kubernetes.example.com', {
        introspection: undefined,
        kubernetesServiceAccount: { clusterAuthFolder: '/nowhere' },
      }),
  }),
  row('an issuer of callers that is switched off', 'issuer-not-listening', {
    plant: () => withExternalIssuer(nobody()),
  }),
  row('an introspection endpoint that cannot be reached', 'introspection-not-listening', {
    plant: () => withExternalIssuer(nobody()),
  }),
  row('an introspection endpoint that is not there', 'introspection-missing', {
    plant: () => withExternalIssuer(origin()),
    provider: { introspection: [404, {}] },
  }),
  row('a secret that the issuer of callers no longer takes', 'introspection-refused', {
    plant: () => ({
      ...withExternalIssuer(origin()),
      ...as('vmcp-proxy', { INTROSPECTION_SECRET: 'value-of-an-older-secret' }),
    }),
  }),
  row('an introspection endpoint that says yes to everything', 'introspection-accepts-anything', {
    plant: () => withExternalIssuer(origin()),
    provider: { introspection: [200, { active: true }] },
  }),
  row('an introspection endpoint that answers something else', 'introspection-not-understood', {
    plant: () => withExternalIssuer(origin()),
    provider: { introspection: [200, { token: 'unknown' }] },
  }),
];

const withSchema = (more: object): Faults => ({
  tools: [
    {
      name: 'search',
      inputSchema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
    },
    { name: 'find', inputSchema: { type: 'object', ...more } },
  ],
});

/** Schemas of tools that are no JSON Schema. */
export const SCHEMA_PLANTS: readonly Row[] = (
  [
    ['properties that are a list', { properties: ['q'] }],
    ['a property that is a word', { properties: { q: 'string' } }],
    ['required as in old drafts', { properties: { q: {} }, required: true }],
    ['required with something else than names', { required: [1] }],
  ] as const
).map(([fault, schema]) =>
  row(`a tool whose schema has ${fault}`, 'backend-tool-schema-broken', { backend: withSchema(schema) }),
);

const named = (...names: readonly string[]): Faults => ({
  tools: names.map((name) => ({ name, inputSchema: { type: 'object' } })),
});
const aggregation = (value: unknown): Plant => ({ changes: { aggregation: value } });

/** Names of tools that clients see and hosts of models refuse; and names that two backends would have. */
export const NAME_PLANTS: readonly Row[] = [
  row('tools whose names are too long with their prefix', 'backend-tool-name-long', {
    backend: named('s'.repeat(60)),
  }),
  row('tools with dots in their names', 'backend-tool-name-listed', { backend: named('search.all') }),
  row('a prefix that ends in a dot', 'backend-tool-name-listed', {
    plant: () => aggregation({ conflictResolutionConfig: { prefixFormat: '{workload}.' } }),
  }),
  row('an override with a dot', 'backend-tool-name-listed', {
    plant: () => aggregation({ tools: [{ workload: 'open', overrides: { search: { name: 'search.it' } } }] }),
  }),
  row('two backends with a tool of one name, and no prefix', 'backend-tool-name-taken', {
    plant: () =>
      aggregation({ conflictResolution: 'manual', tools: [{ workload: 'open', filter: ['search'] }] }),
  }),
  row('two backends outside of the order with a tool of one name', 'backend-tool-name-taken', {
    plant: () =>
      aggregation({ conflictResolution: 'priority', conflictResolutionConfig: { priorityOrder: ['repos'] } }),
  }),
];

/** Where nothing is wrong with the same names. */
export const NAMES_IN_ORDER: readonly (readonly [string, Plant, Faults])[] = [
  ['short forms of long names', aggregation({ maxNameLength: 64 }), named('s'.repeat(100))],
  [
    'an order in which one backend keeps a name',
    aggregation({
      conflictResolution: 'priority',
      conflictResolutionConfig: { priorityOrder: ['reports', 'open'] },
    }),
    {},
  ],
  [
    'long and dotted tools that nobody sees',
    aggregation({ tools: ['open', 'reports'].map((workload) => ({ workload, filter: ['search'] })) }),
    named('search', 'a.b', 's'.repeat(100)),
  ],
];

const OPEN = { about: 'backend open' } as const;

/** Revisions of MCP that backends speak, or say to speak. */
export const ERA_PLANTS: readonly Row[] = [
  row('a backend of a revision that nobody knows', 'backend-revision-unknown', {
    ...OPEN,
    backend: { revision: '2031-01-01' },
  }),
  row('a backend of a later stateless revision alone', 'backend-revision-unknown', {
    ...OPEN,
    backend: { revision: 'none', discovered: ['2031-01-01'] },
  }),
  row('a backend that refuses the revision that it names', 'backend-era-broken', {
    ...OPEN,
    backend: { discovered: ['2026-07-28'], refusesModern: true },
  }),
  row('a backend of the stateless revision alone that refuses it', 'backend-era-broken', {
    ...OPEN,
    backend: { revision: 'none', discovered: ['2026-07-28'], refusesModern: true },
  }),
];

/** Backends whose revisions are in order. */
export const ERAS_IN_ORDER: readonly (readonly [string, Faults])[] = [
  ['a backend of the stateless revision alone', { revision: 'none', discovered: ['2026-07-28'] }],
  ['a backend of both eras', { discovered: ['2026-07-28', '2025-11-25'] }],
  ['a backend of the oldest revision', { revision: '2024-11-05' }],
];
