import { isIssuedToken, subjectOf } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import { strategiesOf, type Rule } from './rule.js';

/** A gateway without its own authorization server needs the issuer whose tokens it accepts. */
export const externalIssuer: Rule = (model) => {
  const { authServer, incomingAuth } = model;
  if (incomingAuth.type === 'anonymous') return anonymousCallers(model);
  const { issuer, resourceUrl } = incomingAuth.oidc;
  if (authServer !== undefined) return [];
  const findings: Finding[] = [];
  if (issuer === '')
    findings.push({
      path: ['incomingAuth', 'oidc', 'issuer'],
      related: [['authServer']],
      message: 'Either authServer or the issuer of the callers’ tokens is needed.',
    });
  if (resourceUrl !== model.resourceUrl)
    findings.push({
      path: ['incomingAuth', 'oidc', 'resourceUrl'],
      related: [['publicUrl']],
      message:
        'This must equal the MCP endpoint: clients compare it with the URL that they were given (RFC 9728 section 3.3).',
      instead: model.resourceUrl,
    });
  return findings;
};

/** An anonymous caller has no token that could be exchanged, and no session that another one could be given to. */
const anonymousCallers: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) => {
    const subject = isIssuedToken(value) ? subjectOf(value).of : undefined;
    if (subject === undefined || subject === 'provider') return [];
    return [
      {
        path: [...path, 'type'],
        related: [['incomingAuth']],
        message:
          subject !== 'gateway'
            ? `${value.type} needs the token of the caller, and anonymous callers have none.`
            : `${value.type} needs authServer: a token is given to a session, and anonymous callers have none.`,
      },
    ];
  });
