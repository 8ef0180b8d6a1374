import { z } from 'zod';
import { DEVICE_CODE_GRANT, SIGN_IN_GRANTS, signsInByDeviceOnly } from './client-grants.js';
import { clientNameProblem } from './client-name.js';
import {
  clientAuthMethods,
  clientProofsProblem,
  clientSigningAlgorithms,
  proofMembers,
  registeredProofs,
  type ClientProofRules,
} from './client-proofs.js';
import { allowedScopes, type ClientScopeRules } from './client-scopes.js';
import { ASKED_ID_TOKEN_ALG, CLIENT_PAGES, clientPagesProblem } from './client-metadata.js';
import { BACKCHANNEL_LOGOUT_URI, registeredLogoutUriProblem } from './logout-uris.js';
import { postLogoutRedirectUrisProblem, redirectUrisProblem, type RedirectPolicy } from './redirect-uris.js';

/**
 * The members of a registration request (RFC 7591, section 2) that mean something here. The others are left out of the
 * registration (section 3.2.1 allows it). Among them are `sector_identifier_uri`, which makes a server fetch a URL, and
 * `application_type`, because the type of a client follows from its redirect URIs.
 */
const registrationRequest = z.object({
  redirect_uris: z.unknown().optional(),
  post_logout_redirect_uris: z.unknown().optional(),
  backchannel_logout_uri: z.unknown().optional(),
  client_name: z.string().optional(),
  client_uri: z.unknown().optional(),
  logo_uri: z.unknown().optional(),
  policy_uri: z.unknown().optional(),
  tos_uri: z.unknown().optional(),
  grant_types: z.array(z.string()).optional(),
  response_types: z.array(z.string()).optional(),
  token_endpoint_auth_method: z.string().optional(),
  scope: z.union([z.string(), z.array(z.string())]).optional(),
  id_token_signed_response_alg: z.string().optional(),
  ...proofMembers,
});

export type RegistrationVerdict =
  | { readonly kind: 'accepted'; readonly metadata: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'refused';
      readonly error: 'invalid_client_metadata' | 'invalid_redirect_uri';
      readonly description: string;
    };

export interface RegistrationRules extends RedirectPolicy, ClientScopeRules, ClientProofRules {
  /** What identity tokens can be signed with. */
  readonly idTokenAlgs: readonly string[];
  /** Absent: nobody signs in by a code of a device. */
  readonly deviceFlow?: unknown;
}

/**
 * Decides what a dynamically registered client becomes. Scopes and grant types that are unknown here are left out, because
 * clients ask for all that they could ever use. Another member that asks for too much is refused by name.
 */
export function registrationPolicy(body: unknown, rules: RegistrationRules): RegistrationVerdict {
  const parsed = registrationRequest.safeParse(withoutNulls(body));
  if (!parsed.success) {
    const member = parsed.error.issues[0]?.path.join('.') ?? '';
    return refused(member === '' ? 'the request must be a JSON object' : `${member} is not valid`);
  }
  const { redirect_uris: redirectUris, scope, ...request } = parsed.data;
  const grantTypes = grantsOf(request.grant_types, rules);
  const isForDevices = signsInByDeviceOnly(grantTypes);
  const problem =
    isForDevices && isNothing(redirectUris) ? undefined : redirectUrisProblem(redirectUris, rules);
  if (problem !== undefined) return { kind: 'refused', error: 'invalid_redirect_uri', description: problem };
  const uris = (redirectUris ?? []) as readonly string[]; // just checked
  const pages = writtenPages(request);
  const otherProblem =
    postLogoutRedirectUrisProblem(request.post_logout_redirect_uris, rules) ??
    registeredLogoutUriProblem(request.backchannel_logout_uri) ??
    clientNameProblem(request.client_name) ??
    clientPagesProblem(pages);
  if (otherProblem !== undefined) return refused(otherProblem);
  const grantProblem = isForDevices ? undefined : codeProblem(grantTypes, request.response_types);
  if (grantProblem !== undefined) return refused(grantProblem);
  const authMethod = request.token_endpoint_auth_method ?? 'none';
  const methods: readonly string[] = clientAuthMethods(rules.requestProtection);
  if (!methods.includes(authMethod))
    return refused(`token_endpoint_auth_method must be one of ${methods.join(', ')}`);
  const proofs = registeredProofs(request, authMethod, rules);
  const proofProblem = clientProofsProblem(proofs, rules) ?? signingProblem(proofs, rules);
  if (proofProblem !== undefined) return refused(proofProblem);
  const asked = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : (scope ?? []);
  return {
    kind: 'accepted',
    metadata: {
      ...present({
        client_name: request.client_name,
        client_uri: pages['client_uri'],
        post_logout_redirect_uris: request.post_logout_redirect_uris,
        [BACKCHANNEL_LOGOUT_URI]: request.backchannel_logout_uri,
        ...proofs,
        // RFC 7591, section 2: the server may register fewer. Its response says which (section 3.2.1).
        scope: allowedScopes(asked, rules)?.join(' '),
        // The same holds for an algorithm without a key here.
        [ASKED_ID_TOKEN_ALG]: rules.idTokenAlgs.find((alg) => alg === request.id_token_signed_response_alg),
      }),
      redirect_uris: uris,
      grant_types: grantTypes,
      response_types: isForDevices ? [] : ['code'],
      token_endpoint_auth_method: authMethod,
    },
  };
}

/** Unknown grant types are left out: clients ask for everything they could ever use. */
function grantsOf(
  asked: readonly string[] | undefined,
  { deviceFlow }: Pick<RegistrationRules, 'deviceFlow'>,
): readonly string[] {
  const known = deviceFlow === undefined ? SIGN_IN_GRANTS : [...SIGN_IN_GRANTS, DEVICE_CODE_GRANT];
  return asked?.filter((type) => known.includes(type)) ?? SIGN_IN_GRANTS;
}

function codeProblem(
  grantTypes: readonly string[],
  responseTypes: readonly string[] | undefined,
): string | undefined {
  if (!grantTypes.includes('authorization_code')) return 'grant_types must contain authorization_code';
  return responseTypes?.includes('code') === false ? 'response_types must contain code' : undefined;
}

const isNothing = (uris: unknown): boolean =>
  uris === undefined || (Array.isArray(uris) && uris.length === 0);

function signingProblem(
  request: Readonly<Record<string, unknown>>,
  { requestProtection }: RegistrationRules,
): string | undefined {
  const known: readonly unknown[] = clientSigningAlgorithms(requestProtection);
  const alg = request['token_endpoint_auth_signing_alg'];
  return alg === undefined || known.includes(alg)
    ? undefined
    : `token_endpoint_auth_signing_alg must be one of ${known.join(', ')}`;
}

/** Clients write `null` for what they do not have. RFC 7591 knows no member for which that means anything else. */
const withoutNulls = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && !Array.isArray(body)
    ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
    : body;

/** Clients write an empty text for a page that they do not have. */
const writtenPages = (request: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    CLIENT_PAGES.flatMap((member) =>
      [undefined, ''].some((nothing) => request[member] === nothing) ? [] : [[member, request[member]]],
    ),
  );

const refused = (description: string): RegistrationVerdict => ({
  kind: 'refused',
  error: 'invalid_client_metadata',
  description,
});

const present = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
