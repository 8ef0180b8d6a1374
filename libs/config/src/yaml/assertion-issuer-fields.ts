import { DURATION_BOUNDS } from '../model/bounds.js';
import { block, egress, list, text } from './fields.js';

/** Whose assertions about people are believed. */
export const assertionIssuers = list(
  block('One issuer.', {
    issuer: text('url', 'Its issuer identifier, as `iss` of its assertions has it; compared exactly.'),
    jwksUrl: text('url', 'Where its public keys are fetched.', {
      derived: 'from the metadata of the issuer',
    }).exactOptional(),
    subjectClaim: text(
      'claimName',
      'The claim that is the person’s subject at the primary provider. It has to be the same value that this provider gives the gateway (`subjectClaim` of a provider of type `oidc`).',
    ).default('sub'),
    tenant: text(
      'identifier',
      'Of an issuer with several tenants, the one whose people are meant: the claim `tenant`. Left out: an assertion that names a tenant is refused.',
    ).exactOptional(),
    maxAssertionLifespan: text(
      'duration',
      `How long an assertion may be good for, and how old it may be; ${DURATION_BOUNDS.assertion.text}.`,
    ).default('5m'),
    clockTolerance: text(
      'duration',
      `By how much its clock and ours may differ; ${DURATION_BOUNDS.clockTolerance.text}.`,
    ).default('60s'),
    ...egress,
  }),
  'Issuers of identity assertions (ID-JAG; MCP’s Enterprise-Managed Authorization): a client with `identityAssertions` presents one, and gets a token for the person (`docs/guides/enterprise-managed-authorization.md`). Each speaks for the primary provider.',
).default([]);
