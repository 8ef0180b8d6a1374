import type { GatehouseModel } from '../model/gatehouse-model.js';
import { tokenEndpointsOf } from '../model/issued-endpoints.js';
import type { IssuedToken } from '../model/outgoing-auth.js';
import { isIssuedToken, subjectOf, type TokenSubject } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { strategiesOf, type Rule } from './rule.js';

const hostOf = (url = ''): string | undefined => URL.parse(url)?.host;

/** V-03 and its like: a token is shown to a server that it is not for, or nothing says what the new one is for. */
export const exchangeTargets: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) =>
    isIssuedToken(value)
      ? [
          ...shownFindings(model, value, [...path, value.type]),
          ...targetFindings(value, [...path, value.type]),
        ]
      : [],
  );

/** Whose token the first endpoint is shown; the second one of two gets what the first one made for it. */
function shownFindings(
  { authServer }: GatehouseModel,
  strategy: IssuedToken<unknown>,
  path: Path,
): readonly Finding[] {
  const [asked] = tokenEndpointsOf(strategy);
  const providers = authServer?.upstreamProviders ?? [];
  const hostOfProvider = ({ protocol }: (typeof providers)[number]): string | undefined =>
    hostOf('issuer' in protocol ? protocol.issuer : undefined) ??
    hostOf('tokenEndpoint' in protocol ? protocol.tokenEndpoint : undefined);
  const owners = providers.filter(
    (provider) =>
      hostOfProvider(provider) !== undefined && hostOfProvider(provider) === hostOf(asked?.party.tokenUrl),
  );
  const [owner] = owners;
  const subject = subjectOf(strategy);
  if (authServer === undefined || owner === undefined) return [];
  const isOfAnother = (name: string): boolean =>
    !owners.some((one) => one.name === name) && providers.some((one) => one.name === name);
  const actor = strategy.type === 'tokenExchange' ? strategy.actor : undefined;
  const ofActor =
    actor?.from === 'provider' && isOfAnother(actor.providerName)
      ? [
          {
            path: [...path, 'actorProviderName'],
            message: `The ${actor.token} of ${actor.providerName} is shown to ${owner.name}, which could use it in the place of its person.`,
            instead: `${owner.name}, whose endpoint this is, or actorClientCredentials`,
          },
        ]
      : [];
  return [...subjectFindings(subject, authServer.issuer, owner.name, path, isOfAnother), ...ofActor];
}

function subjectFindings(
  subject: TokenSubject,
  issuer: string,
  owner: string,
  path: Path,
  isOfAnother: (provider: string) => boolean,
): readonly Finding[] {
  if (subject.of === 'gateway' || subject.of === 'externalCaller') return [];
  if (subject.of === 'caller')
    return [
      {
        path,
        message: `The token of this gateway itself is exchanged at ${owner}, which has to trust ${issuer}.`,
        instead: `subjectProviderName: ${owner}, if it exchanges its own tokens only`,
      },
    ];
  return isOfAnother(subject.providerName)
    ? [
        {
          path,
          message: `The ${subject.token} of ${subject.providerName} is shown to ${owner}, which could use it in the place of its person.`,
          instead: `${owner}, whose endpoint this is, as the provider of the subject`,
        },
      ]
    : [];
}

/** RFC 8693 section 2.1, RFC 8707 section 2. On behalf of somebody nothing is asked for without scopes; ID-JAG has its one audience. */
function targetFindings(strategy: IssuedToken<unknown>, path: Path): readonly Finding[] {
  if (strategy.type !== 'tokenExchange' && strategy.type !== 'clientCredentials') return [];
  const several = strategy.type === 'tokenExchange' ? [strategy.audiences, strategy.resources].flat() : [];
  const said = [strategy.audience, strategy.resource, ...several, ...strategy.scopes];
  return said.some((one) => one !== undefined)
    ? []
    : [
        {
          path,
          message:
            'Nothing says what the new token is for: it may be good at every backend that trusts the endpoint.',
          instead: 'audience, resource or scopes',
        },
      ];
}
