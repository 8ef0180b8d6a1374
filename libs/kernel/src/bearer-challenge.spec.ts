import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bearerChallenge } from './bearer-challenge.js';

const METADATA = 'https://notes.example/.well-known/oauth-protected-resource/mcp';

test.each<[string, string, object]>([
  [
    'as the specification has it',
    `Bearer resource_metadata="${METADATA}", scope="a b"`,
    { resourceMetadata: METADATA, scope: 'a b' },
  ],
  [
    'in small letters, with spaces',
    `bearer  resource_metadata = "${METADATA}" ,scope = "a"`,
    { resourceMetadata: METADATA, scope: 'a' },
  ],
  [
    'without quotes',
    `Bearer scope=a, resource_metadata=${METADATA}`,
    { resourceMetadata: METADATA, scope: 'a' },
  ],
  [
    'after other parameters',
    'Bearer realm="x, scope=\\"no\\"", error="invalid_token", scope="a"',
    { error: 'invalid_token', scope: 'a' },
  ],
  [
    'that asks for more',
    'Bearer error=Insufficient_Scope, scope="a b", error_description="write, please"',
    { error: 'insufficient_scope', scope: 'a b' },
  ],
  [
    'that asks for claims, in base64',
    'Bearer realm="", authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="eyJhIjp7fX0="',
    { error: 'insufficient_claims', claims: 'eyJhIjp7fX0=' },
  ],
  [
    'that asks for claims, as they are',
    'Bearer error="insufficient_claims", claims="{\\"access_token\\":{\\"acrs\\":{}}}"',
    { error: 'insufficient_claims', claims: '{"access_token":{"acrs":{}}}' },
  ],
  // RFC 9470, section 3.
  [
    'that asks for another sign-in',
    'Bearer error="insufficient_user_authentication", acr_values="gold silver", max_age=5',
    { error: 'insufficient_user_authentication', acrValues: 'gold silver', maxAge: '5' },
  ],
  ['after another scheme', 'Basic realm="x", scope="no", Bearer scope="a"', { scope: 'a' }],
  ['after a scheme with a token68', 'Negotiate abc==, Bearer scope="a"', { scope: 'a' }],
  ['before another scheme', 'Bearer scope="a", DPoP algs="ES256", scope="no"', { scope: 'a' }],
  ['twice in one challenge', 'Bearer scope="a", scope="b"', { scope: 'a' }],
  ['twice', 'Bearer scope="a", Bearer scope="b", resource_metadata="no"', { scope: 'a' }],
  ['without parameters', 'Bearer', {}],
  ['of another scheme', 'Basic scope="a"', {}],
  ['cut off', 'Bearer scope="a', {}],
])('a challenge %s', (_how, header, challenge) => {
  expect(bearerChallenge(header)).toEqual(challenge);
});

test('no header', () => {
  expect(bearerChallenge(null)).toEqual({});
});

test('whatever a hostile backend writes is read to its end', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[Ber, ="\\a]{0,60}$/)), (text) => {
      expect(bearerChallenge(`${text}, Bearer`)).toBeDefined();
    }),
  );
});

test('a value comes through as it was quoted', () => {
  const value = fc.stringMatching(/^[\x20-\x7e]{0,40}$/);
  fc.assert(
    fc.property(value, value, (scope, resourceMetadata) => {
      const quoted = (text: string) => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
      const header = `Bearer scope=${quoted(scope)}, resource_metadata=${quoted(resourceMetadata)}`;
      expect(bearerChallenge(header)).toEqual({ scope, resourceMetadata });
    }),
  );
});
