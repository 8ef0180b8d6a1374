import { DNS_LABEL } from '@gatehouse/kernel/dns-label';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { JWTPayload } from 'jose';
import { z } from 'zod';

/** Which service accounts of a Kubernetes cluster may come; what is absent is not looked at. */
export interface AllowedServiceAccounts {
  readonly namespace?: string;
  readonly serviceAccount?: string;
}

/** A DNS subdomain, as Kubernetes has it. */
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Every token that a cluster makes for an account says of which it is a second time, beside the pod or the Secret that it ends with. */
const boundTo = z.looseObject({
  namespace: z.string(),
  serviceaccount: z.looseObject({ name: z.string() }),
});

/** Claims that a cluster never issues. They would name a session, somebody who acts, or more than the account is. */
const NEVER_ISSUED = ['tsid', 'act', 'scope', 'client_id'];

/**
 * The claims of a service account's token in the form of RFC 9068. It is its own client (section 2.2: without a resource owner, `sub`
 * names the client), and has no scopes. Clusters before 1.32 give no `jti`.
 * @throws {GatehouseError} `token_invalid` for every other subject
 */
export function serviceAccountClaims(
  { sub = '', ...payload }: JWTPayload,
  allowed: AllowedServiceAccounts,
): JWTPayload {
  const { namespace, name } = accountIn(sub);
  const bound = boundTo.safeParse(payload['kubernetes.io']).data;
  if (
    namespace === undefined ||
    name === undefined ||
    bound?.namespace !== namespace ||
    bound.serviceaccount.name !== name
  )
    throw new GatehouseError('token_invalid', 'the token is of no service account');
  if (
    namespace !== (allowed.namespace ?? namespace) ||
    name !== (allowed.serviceAccount ?? name) ||
    NEVER_ISSUED.some((claim) => Object.hasOwn(payload, claim))
  )
    throw new GatehouseError('token_invalid', 'the token is of another service account');
  return { jti: sub, ...payload, sub, client_id: sub };
}

/** The user name of a service account: `system:serviceaccount:<namespace>:<name>`. */
function accountIn(subject: string): { readonly namespace?: string; readonly name?: string } {
  const [system, kind, namespace = '', name = '', ...more] = subject.split(':');
  const isOne = system === 'system' && kind === 'serviceaccount' && more.length === 0;
  return isOne && DNS_LABEL.test(namespace) && NAME.test(name) ? { namespace, name } : {};
}
