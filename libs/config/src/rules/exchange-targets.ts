import type { Finding } from '../findings/problems.js';
import { strategiesOf, type Rule } from './rule.js';

const hostOf = (url = ''): string | undefined => URL.parse(url)?.host;

/** V-03, and an exchange that does not say what the new token is for (RFC 8693 section 2.1). */
export const exchangeTargets: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }): readonly Finding[] => {
    if (value.type !== 'tokenExchange') return [];
    const block = [...path, 'tokenExchange'];
    const findings: Finding[] = [];
    const { authServer } = model;
    const owner = authServer?.upstreamProviders.find(
      ({ protocol }) =>
        hostOf(protocol.issuer) !== undefined && hostOf(protocol.issuer) === hostOf(value.tokenUrl),
    );
    if (authServer !== undefined && owner !== undefined && value.subjectProviderName === undefined)
      findings.push({
        path: block,
        message: `The token of this gateway itself is exchanged at ${owner.name}, which has to trust ${authServer.issuer}.`,
        instead: `subjectProviderName: ${owner.name}, if it exchanges its own tokens only`,
      });
    if (value.audience === undefined && value.resource === undefined && value.scopes.length === 0)
      findings.push({
        path: block,
        message:
          'Nothing says what the new token is for: it may be good at every backend that trusts the endpoint.',
        instead: 'audience, resource or scopes',
      });
    return findings;
  });
