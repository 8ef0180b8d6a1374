import { MAX_ACTORS, type ExchangeGrant } from '@gatehouse/config/model/client-grants';

/** Who acts, and for whom they act in turn (RFC 8693, section 4.1). */
export interface Act {
  readonly sub: string;
  readonly act?: Act | undefined;
}

/** What of the person's token matters. */
export interface Presented {
  readonly client_id: string;
  readonly aud: string;
  readonly scope: string;
  readonly act?: Act | undefined;
  /** Section 4.4. */
  readonly may_act?: { readonly sub?: unknown } | undefined;
}

export interface Asked {
  /** The client itself, or whose token it has shown as the actor's. */
  readonly actor: string;
  readonly resource: string;
  /** Empty: all that it may have. */
  readonly scopes: readonly string[];
}

export type Verdict =
  | { readonly kind: 'granted'; readonly act: Act; readonly scopes: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly error: 'invalid_request' | 'invalid_target' | 'invalid_scope';
      readonly why: string;
    };

/**
 * Whether somebody may act for the person, and how much of the person's token they get. It is never more than the token holds, and
 * never more than the configuration gives the client.
 * @param whole the resource of the gateway as a whole, of which every other one is a part
 */
export function delegation(
  subject: Presented,
  { actor, resource, scopes }: Asked,
  grant: ExchangeGrant,
  whole: string,
): Verdict {
  if (!grant.subjectClients.includes('*') && !grant.subjectClients.includes(subject.client_id))
    return refused('invalid_request', 'this client does not act for people of the client of subject_token');
  if (subject.may_act !== undefined && subject.may_act.sub !== actor)
    return refused('invalid_request', 'subject_token says that somebody else may act');
  const act: Act = { sub: actor, ...(subject.act === undefined ? {} : { act: subject.act }) };
  if (actorsIn(act).length > MAX_ACTORS)
    return refused('invalid_request', 'too many act for one another already');
  if (!grant.resources.includes(resource) || (subject.aud !== resource && subject.aud !== whole))
    return refused('invalid_target', 'neither more than subject_token is for, nor than this client may use');
  const held = subject.scope.split(' ').filter((scope) => grant.scopes.includes(scope));
  return scopes.every((scope) => held.includes(scope))
    ? { kind: 'granted', act, scopes: scopes.length > 0 ? scopes : held }
    : refused('invalid_scope', 'neither more than subject_token holds, nor than this client may use');
}

/** The one who acts now, and those behind. */
export const actorsIn = ({ sub, act }: Act): readonly string[] =>
  act === undefined ? [sub] : [sub, ...actorsIn(act)];

const refused = (error: Extract<Verdict, { kind: 'refused' }>['error'], why: string): Verdict => ({
  kind: 'refused',
  error,
  why,
});
