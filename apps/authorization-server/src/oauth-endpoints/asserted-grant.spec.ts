import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assertedGrant } from './asserted-grant.js';

const WHOLE = 'https://mcp.example/mcp';
const RESOURCES = [WHOLE, `${WHOLE}/a`, `${WHOLE}/b`, 'https://elsewhere.example/mcp'];
const SCOPES = ['openid', 'email', 'offline_access', 'read', 'write', 'close'];
const some = (of: readonly string[]) => fc.subarray([...of]);
const rights = fc.record({ resources: some(RESOURCES), scopes: some(SCOPES) });

// RFC 6749, section 3.3. RFC 8707, section 2.
describe('what an assertion is good for', () => {
  test('is never more than it says, than the configuration gives, and than was asked for', () => {
    fc.assert(
      fc.property(rights, rights, rights, (asserted, asked, grant) => {
        const verdict = assertedGrant(asserted, asked, grant, WHOLE);
        if (verdict.kind === 'refused') return;
        const { resource, scopes } = verdict;
        expect(grant.resources).toContain(resource);
        expect([...asserted.resources, ...(asserted.resources.includes(WHOLE) ? RESOURCES : [])]).toContain(
          resource,
        );
        if (asked.resources.length > 0) expect(asked.resources).toEqual([resource]);
        for (const scope of scopes) {
          expect(asserted.scopes).toContain(scope);
          expect(grant.scopes).toContain(scope);
        }
      }),
    );
  });

  test('is refused as a scope only where the resource is right', () => {
    const grant = { resources: [WHOLE], scopes: ['read'] };
    const asserted = { resources: [WHOLE], scopes: ['read'] };
    const asked = { resources: [`${WHOLE}/a`], scopes: ['write'] };
    expect(assertedGrant(asserted, asked, grant, WHOLE)).toMatchObject({ error: 'invalid_target' });
    expect(assertedGrant(asserted, { ...asked, resources: [] }, grant, WHOLE)).toMatchObject({
      error: 'invalid_scope',
    });
    expect(assertedGrant(asserted, { resources: [], scopes: ['openid'] }, grant, WHOLE)).toMatchObject({
      kind: 'granted',
      scopes: ['read'],
    });
  });
});
