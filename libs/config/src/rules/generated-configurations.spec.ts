import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { configurationText, load, type Changes } from '../configuration.fixture.js';
import { authorizationServerPart, tokenVaultPart, vmcpProxyPart } from '../parts.js';
import { WRONG_ROWS } from './wrong-rows.fixture.js';
import { QUIET_ROWS, WARNING_ROWS } from './warning-rows.fixture.js';

/** A field of the document, and a value that may or may not do there. */
const url = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.constantFrom(
    'https://sso.acme.example',
    'http://localhost:4486',
    'https://mcp.acme.example/mcp',
    '',
    'x',
  ),
);
const duration = fc.oneof(
  fc
    .tuple(fc.nat(100_000), fc.constantFrom('ms', 's', 'm', 'h', 'd', ''))
    .map(([count, unit]) => `${count}${unit}`),
  fc.nat(100),
);
const FIELDS: readonly (readonly [field: string, value: fc.Arbitrary<unknown>])[] = [
  ['publicUrl', url],
  ['name', fc.string({ maxLength: 70 })],
  ['authServer', fc.constant(undefined)],
  ['authServer.issuer', url],
  ['authServer.upstreamProviders.0.oidcConfig.issuerUrl', url],
  ['authServer.upstreamProviders.1.oauth2Config.tokenEndpoint', url],
  ['authServer.upstreamProviders.1.name', fc.constantFrom('octo', 'acme-sso', 'Octo', 'x')],
  ['authServer.tokenLifespans', fc.record({ accessTokenLifespan: duration, refreshTokenLifespan: duration })],
  ['backends.0.url', url],
  ['backends.1', fc.constantFrom(null, {}, 'x', { name: 'tickets', command: ['x'] })],
  ['backends.2.timeout', duration],
  ['outgoingAuth.backends', fc.constantFrom({}, null, [])],
  [
    'outgoingAuth.default',
    fc.record({ type: fc.constantFrom('unauthenticated', 'tokenExchange', 'obo', 'x') }),
  ],
  ['incomingAuth', fc.constantFrom({ type: 'anonymous' }, { type: 'oidc' }, { type: 'oidc', oidc: {} })],
  ['nats.servers', fc.array(fc.constantFrom('nats://a:4222', 'a', 'tls://b'), { maxLength: 3 })],
  ['listen.proxy.port', fc.integer({ min: -1, max: 70_000 })],
  ['aggregation.conflictResolution', fc.constantFrom('prefix', 'priority', 'manual', 'x')],
  ['limits', fc.dictionary(fc.constantFrom('requestSize', 'answerSizePerPerson', 'x'), duration)],
];

const ofFields: fc.Arbitrary<Changes> = fc
  .uniqueArray(fc.oneof(...FIELDS.map(([field, value]) => value.map((one) => [field, one] as const))), {
    selector: ([field]) => field,
    maxLength: 5,
  })
  .map((changes) => Object.fromEntries(changes));

/** Several of the known rows in one document: mistakes seldom come alone. */
const ofRows: fc.Arbitrary<Changes> = fc
  .array(fc.constantFrom(...[...WRONG_ROWS, ...WARNING_ROWS, ...QUIET_ROWS].map(([, changes]) => changes)), {
    minLength: 1,
    maxLength: 3,
  })
  .map((changes) => Object.assign({}, ...changes) as Changes);

/** Applying changes to a document whose parents another change took away is nothing that anybody writes. */
function loaded(changes: Changes): ReturnType<typeof load> | undefined {
  try {
    return load(changes);
  } catch (error) {
    if (error instanceof TypeError && /Cannot (set|create|convert)|not extensible/.test(error.message))
      return undefined;
    throw error;
  }
}

const topOf = (path: string): string => /^[A-Za-z0-9_-]*/.exec(path)?.[0] ?? '';

test('whatever is generated fails with a placed message, or all three services can be made from it', () => {
  let right = 0;
  let wrong = 0;
  fc.assert(
    fc.property(fc.oneof(ofFields, ofRows), (changes) => {
      const result = loaded(changes);
      if (result === undefined) return;
      if (result.ok) {
        right += 1;
        const { model } = result;
        tokenVaultPart(model);
        vmcpProxyPart(model);
        if (model.authServer !== undefined) authorizationServerPart(model);
        return;
      }
      wrong += 1;
      expect(result.problems.length).toBeGreaterThan(0);
      for (const { path, message, line } of result.problems) {
        expect([path, message]).not.toContain('');
        // What the document has nothing of is in no line.
        if (line === undefined)
          expect(configurationText(changes)).not.toMatch(new RegExp(`^${topOf(path)}:`, 'm'));
      }
    }),
    { numRuns: 400 },
  );
  process.stdout.write(`generated configurations: ${wrong} were refused with their places, ${right} start\n`);
  expect(right).toBeGreaterThan(10);
  expect(wrong).toBeGreaterThan(100);
});
