import { z } from 'zod';
import { block, choice, facts, list, mapOf, secret, text } from './fields.js';

/** How a configured client proves itself. A client that is registered gets what the authorization server says. */
const METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const;

export const mcpConfig = block(
  'For `type: mcp`: a backend that demands its own OAuth. Its authorization server is found by asking the backend (RFC 9728). This gateway becomes a client there: the configured one, else by its Client ID Metadata Document, else by Dynamic Client Registration. Its tokens are for this backend alone.',
  {
    backend: text('identifier', 'Name of the backend.'),
    resource: text(
      'url',
      'What the backend’s metadata names as `resource`, compared exactly but for a slash at its end. Only where that is neither the URL of the backend nor, in its own document, something above it.',
      { derived: 'the URL of the backend' },
    ).exactOptional(),
    issuer: text(
      'url',
      'The only authorization server that is used. Needed with a `clientId`, and where another provider uses the same one: a backend could otherwise name the authorization server of another backend, and be sent tokens of that one.',
      { derived: 'the first one that the backend names and that fits' },
    ).exactOptional(),
    clientId: text('identifier', 'Client id that `issuer` gave to this gateway.', {
      derived: 'from the document or the registration',
    }).exactOptional(),
    clientSecret: secret('Client secret that belongs to `clientId`.').exactOptional(),
    tokenEndpointAuthMethod: choice(METHODS, 'How the client secret is sent to the token endpoint.', {
      derived: 'from the metadata of the authorization server',
    }).exactOptional(),
    clientMetadataUrl: text(
      'url',
      'Client ID Metadata Document that stands for this gateway, with a path; for an issuer that others cannot reach.',
      { derived: '`<issuer>/oauth/client-metadata/<name>`, where that is https and not on localhost' },
    ).exactOptional(),
    dynamicRegistration: z
      .boolean()
      .register(facts, {
        about: 'Whether this gateway may register itself (RFC 7591) where nothing else is possible.',
      })
      .default(true),
    scopes: list(
      text('scope', 'One scope.'),
      'Scopes to ask for. Empty: those of the backend’s challenge, else those of its metadata, and `offline_access` where the authorization server offers it.',
    ).default([]),
    additionalAuthorizationParams: mapOf(
      { name: 'parameter', format: 'parameterName' },
      text('identifier', 'Value, sent as it stands.'),
      'Further parameters of the authorization request. Parameters that the protocol itself uses are refused.',
    ).prefault({}),
  },
);
