import { DURATION_BOUNDS } from '../model/bounds.js';
import { requestTimeout } from './endpoint-client-fields.js';
import { block, choice, count, egress, flag, list, text } from './fields.js';
import { tokenDestination } from './token-destination-fields.js';
import { NO_TOOL_SCOPES } from './tool-scopes-fields.js';

export const MAX_ROLE_MAPPINGS = 100;

const roleMapping = block('Who gets which role.', {
  claim: text('identifier', 'A value of `roleClaim`, exactly; either this or `matcher`.').exactOptional(),
  matcher: text(
    'celExpression',
    'Expression over `claims`, such as `"admins" in claims.groups`; one that cannot be answered does not fit.',
  ).exactOptional(),
  roleArn: text('roleArn', 'The role.'),
  priority: count(
    'The lowest one that fits counts; of two that are equal, the one that is written first.',
    { min: 0, max: 2_147_483_647 },
    { derived: 'after all that have one' },
  ).exactOptional(),
});

/** For `type: awsSts`; the names are those of the seed system. */
export const awsSts = block(
  'For `type: awsSts`: temporary credentials of AWS for the person (AssumeRoleWithWebIdentity). Each request to the backend is signed with them (Signature Version 4).',
  {
    region: text('awsRegion', 'Region of the backend, such as `eu-central-1`.'),
    service: text('dnsLabel', 'Name of the backend’s service in signatures.').default('aws-mcp'),
    stsUrl: text('url', 'Where AWS STS is asked.', {
      derived: 'that of the region: `https://sts.<region>.amazonaws.com`',
    }).exactOptional(),
    roleMappings: list(roleMapping, `Roles by claims of the person; ${MAX_ROLE_MAPPINGS} at most.`).default(
      [],
    ),
    fallbackRoleArn: text('roleArn', 'Role of whoever no mapping fits.', {
      derived: 'none: such a person is refused',
    }).exactOptional(),
    roleClaim: text('answerPath', 'Claim that mappings are compared with.', {
      derived: '`groups`',
    }).exactOptional(),
    sessionDuration: text(
      'duration',
      `How long the credentials are asked for; ${DURATION_BOUNDS.awsSession.text}, and no longer than each role allows.`,
    ).default('1h'),
    sessionNameClaim: text('answerPath', 'Claim that names the person in the records of AWS.').default('sub'),
    subjectProviderName: text('identifier', 'Provider whose token of the person is shown to AWS.', {
      derived: 'the one provider, where there is one',
    }).exactOptional(),
    subjectFromCaller: flag(
      'Without `authServer`: the token with which the caller came, of the external issuer, is shown to AWS, and its claims count. It goes to `stsUrl` alone.',
    ),
    subjectTokenType: choice(
      ['id_token', 'access_token'],
      'Which token of `subjectProviderName` is shown, and whose claims count. AWS takes an access token only where it is a JWT for a client that it knows.',
    ).default('id_token'),
    timeout: requestTimeout('request to STS'),
    allowedHosts: tokenDestination.allowedHosts,
    ...egress,
  },
  { mistakes: NO_TOOL_SCOPES.awsSts },
);
