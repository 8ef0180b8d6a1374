import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { configuredName, digest, jwe, recipientKey, sessionId } from '../fields.js';
import { backendChallenge } from './backend-challenge.js';
import { CREDENTIAL_ERRORS, credentialReply } from './credential.js';

/** Of the name of a tool. A longer one fits no entry of `toolScopes`. */
export const MAX_TOOL_LENGTH = 1_024;
const MAX_CLIENT_ID_LENGTH = 1_024;

/**
 * A token that an endpoint issued for one backend (`tokenExchange`: RFC 8693; `clientCredentials`: RFC 6749 section 4.4), or
 * temporary credentials that AWS issued for it (`awsSts`). Endpoint,
 * audience, scopes and client credentials come from the backend's configuration. The subject of an exchange is the stored token of
 * `subjectProviderName`; where none is configured it is the caller's Gatehouse JWT, sealed for the vault's bus key as
 * `{ "subjectToken": "…" }`. A token of the gateway itself has none.
 *
 * With `subjectFromCaller` it is the caller's token of the external issuer, which has no session here. Beside it is sealed what the
 * proxy found when it verified it: `{ "subjectToken": "…", "verified": { "subject": "…", "expiresAtMs": … } }`. A caller's token that has
 * ended is `token_invalid`: its client renews it.
 *
 * A client that comes for itself (RFC 6749 section 4.4) has no session. It gets tokens of the gateway itself alone.
 *
 * `tool` is sent where `toolScopes` of the strategy name the tool. Which scopes that means is the vault's configuration; `binding`
 * says that both have the same.
 */
export const credentialExchange = defineRequest({
  name: 'credential.exchange',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['vmcp-proxy'],
  request: z.strictObject({
    /** Absent: `clientId` comes for itself, or the subject is a token of an external issuer. A vault of an earlier release refuses that. */
    tsid: sessionId.optional(),
    /** A client that comes for itself, and that the vault's configuration knows. */
    clientId: z.string().min(1).max(MAX_CLIENT_ID_LENGTH).optional(),
    backend: configuredName,
    /** What the caller takes the backend and its strategy for (`libs/config/src/backend-bindings.ts`). */
    binding: digest.optional(),
    replyKey: recipientKey,
    sealedSubject: jwe.optional(),
    /**
     * The tool that is called, as the backend names it. Absent: any other request, and every one where no tool has scopes of its own
     * (a vault of an earlier release does not know the field, nor such a configuration).
     */
    tool: z.string().max(MAX_TOOL_LENGTH).optional(),
    /** SHA-256 of an exchanged token that the backend just refused with 401. */
    refused: digest.optional(),
    /** What the backend wants the sign-in to show, where the subject's provider can be asked. A vault of an earlier release refuses the field. */
    challenge: backendChallenge.optional(),
  }),
  reply: credentialReply,
  errors: CREDENTIAL_ERRORS,
  idempotent: true,
  timeoutMs: 20_000,
});
