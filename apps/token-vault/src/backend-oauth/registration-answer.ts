import { SECOND_MS } from '@gatehouse/kernel/durations';
import { z } from 'zod';
import { saidMembers } from './said-members.js';
import { UnfitServer } from './unfit-server.js';

const METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const;
export type RegistrableMethod = (typeof METHODS)[number];

/** Some say "never" with a number that no date can hold. */
const MAX_SECONDS = 253_402_300_799;
const inTime = (seconds: number | undefined): number | undefined =>
  seconds === undefined || seconds > MAX_SECONDS ? undefined : seconds;

/** RFC 7591 section 3.2.1. Null and empty members count as absent. */
const answer = z.looseObject({
  /** RFC 6749 appendix A.1. */
  client_id: z.string().regex(/^[\x20-\x7e]{1,1024}$/),
  client_secret: z.string().min(1).max(4_096).optional(),
  client_secret_expires_at: z.coerce.number().nonnegative().optional().transform(inTime),
  redirect_uris: z.array(z.string()).optional(),
  token_endpoint_auth_method: z.string().optional(),
});

/** What a registration gave. It is sealed as it stands here. */
export const registeredClient = z.strictObject({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  tokenEndpointAuthMethod: z.enum(METHODS).optional(),
  /** Digest of what was asked for, where it counts whether that is still asked for. */
  askedFor: z.string().min(1).exactOptional(),
});

export interface Registered {
  readonly client: z.output<typeof registeredClient>;
  /** Absent: for ever. */
  readonly secretExpiresAtMs?: number;
}

/** The method to register: the server's best (RFC 8414 section 2: `client_secret_basic` unless it says otherwise). */
export function methodToRegister(offered: readonly string[] = ['client_secret_basic']): RegistrableMethod {
  const method = METHODS.find((one) => offered.includes(one));
  if (method === undefined) throw new UnfitServer('no_registration', 'token_endpoint_auth_methods_supported');
  return method;
}

/**
 * Reads what a registration endpoint answered. It has to have registered what was asked for: with a redirect URI of
 * somebody else, codes for this client could be sent there.
 * @throws {UnfitServer}
 */
export function readRegistration(value: unknown, redirectUri: string): Registered {
  const parsed = answer.safeParse(saidMembers(value));
  if (!parsed.success) throw new UnfitServer('registration_unfit', 'client information');
  const { client_id, client_secret, client_secret_expires_at = 0, redirect_uris, ...rest } = parsed.data;
  if (redirect_uris !== undefined && redirect_uris.some((uri) => uri !== redirectUri))
    throw new UnfitServer('registration_unfit', 'redirect_uris');
  const method = methodOf(rest.token_endpoint_auth_method, client_secret !== undefined);
  return {
    client: {
      clientId: client_id,
      ...(client_secret === undefined ? {} : { clientSecret: client_secret }),
      ...(method === undefined ? {} : { tokenEndpointAuthMethod: method }),
    },
    ...(client_secret === undefined || client_secret_expires_at === 0
      ? {}
      : { secretExpiresAtMs: client_secret_expires_at * SECOND_MS }),
  };
}

/** `undefined`: not said, so that the server's metadata decides. */
function methodOf(said: string | undefined, hasSecret: boolean): RegistrableMethod | undefined {
  if (said === undefined || said === '') return hasSecret ? undefined : 'none';
  const method = METHODS.find((one) => one === said);
  if (method === undefined || (method !== 'none' && !hasSecret))
    throw new UnfitServer('registration_unfit', 'token_endpoint_auth_method');
  return method;
}
