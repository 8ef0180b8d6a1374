import { withExternalIssuer, type Plant } from './doctor-world.fixture.js';
import type { Faults } from './stubs.fixture.js';

export interface Row {
  readonly fault: string;
  readonly name: string;
  readonly provider?: Faults;
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
