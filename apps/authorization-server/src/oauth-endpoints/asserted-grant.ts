import { SCOPES_OF_PEOPLE, type AssertionGrant } from '@gatehouse/config/model/client-grants';

/** Resources are written as the configuration writes them. */
interface Rights {
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
}

export type AssertedVerdict =
  | { readonly kind: 'granted'; readonly resource: string; readonly scopes: readonly string[] }
  | { readonly kind: 'refused'; readonly error: 'invalid_target' | 'invalid_scope'; readonly why: string };

/**
 * What a client gets for an assertion: never more than the assertion says, and never more than the configuration gives the client.
 * @param asked by the request; empty lists: what the assertion says
 * @param whole the resource of the gateway as a whole, of which every other one is a part
 */
export function assertedGrant(
  asserted: Rights,
  asked: Rights,
  grant: Pick<AssertionGrant, 'resources' | 'scopes'>,
  whole: string,
): AssertedVerdict {
  const wanted = asked.resources.length > 0 ? asked.resources : asserted.resources;
  const [resource, ...others] = new Set(wanted);
  if (resource === undefined) return refused('invalid_target', 'the assertion names no resource');
  if (others.length > 0) return refused('invalid_target', 'only one resource can be requested');
  if (!asserted.resources.includes(resource) && !asserted.resources.includes(whole))
    return refused('invalid_target', 'this is not what the assertion is for');
  if (!grant.resources.includes(resource))
    return refused('invalid_target', 'this client gets no token for this resource');
  const held = [...new Set(asserted.scopes)].filter((scope) => grant.scopes.includes(scope));
  // Clients name the scopes of the challenge, which is the same for everybody.
  const named = asked.scopes.filter((scope) => held.includes(scope) || !SCOPES_OF_PEOPLE.includes(scope));
  return named.every((scope) => held.includes(scope))
    ? { kind: 'granted', resource, scopes: named.length > 0 ? named : held }
    : refused('invalid_scope', 'neither more than the assertion says, nor than this client may use');
}

const refused = (
  error: Extract<AssertedVerdict, { kind: 'refused' }>['error'],
  why: string,
): AssertedVerdict => ({ kind: 'refused', error, why });
