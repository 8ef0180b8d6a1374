import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import type { Secret } from '@gatehouse/kernel/secret';
import { OAuthProblem } from './oauth-problem.js';

/** Authenticates the one client (RFC 6749, section 2.3.1: Basic, or both values in the body); answers its id. */
export function authenticateClient(
  authorization: string | undefined,
  form: URLSearchParams,
  expected: { readonly id: string; readonly secret: Secret },
): string {
  if (authorization !== undefined && form.has('client_secret'))
    throw new OAuthProblem('invalid_request', 'the client authenticates in two ways at once');
  const given = authorization === undefined ? fromForm(form) : fromBasic(authorization);
  const known =
    given !== undefined &&
    given.id === expected.id &&
    equalsInConstantTime(given.secret, expected.secret.reveal());
  if (!known) throw new OAuthProblem('invalid_client', 'the client is not authenticated');
  return expected.id;
}

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

function fromForm(form: URLSearchParams): Credentials | undefined {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  return id === null || secret === null ? undefined : { id, secret };
}

function fromBasic(authorization: string): Credentials | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  try {
    return { id: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) };
  } catch {
    return undefined; // a stray percent sign
  }
}

const formDecode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
