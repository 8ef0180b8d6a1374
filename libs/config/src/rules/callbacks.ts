import { callbackName, isCallback, ownCallback } from '../urls/callbacks.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { UpstreamProvider } from '../model/upstream-provider.js';
import type { Finding } from '../findings/problems.js';
import { providersOf, type PlacedProvider, type Rule } from './rule.js';

type Provider = UpstreamProvider<ConfiguredSecret>;

/** Callbacks lead to the authorization server. Providers that share one must name themselves in their answers. */
export const callbacks: Rule = (model) =>
  withIssuer(model, (issuer) =>
    providersOf(model).flatMap((placed) => {
      const { value, path, block } = placed;
      if (!isCallback(issuer, value.redirectUri))
        return [
          {
            path: [...block, 'redirectUri'],
            message: 'The authorization server takes no callbacks there.',
            instead: `no redirectUri, and ${ownCallback(issuer, value.name)} registered at ${value.name}`,
            related: [[...path, 'name']],
          },
        ];
      return unnamed(placed, sharers(model, value), ownCallback(issuer, value.name));
    }),
  );

/** A warning: only `iss` tells the answers of these providers apart. */
export const commonCallbacks: Rule = (model) =>
  withIssuer(model, (issuer) =>
    providersOf(model).flatMap(({ value, block }) => {
      const { name, redirectUri } = value;
      const others = sharers(model, value);
      if (others.length === 0 && callbackName(redirectUri) !== undefined) return [];
      return [
        {
          path: [...block, 'redirectUri'],
          message:
            others.length === 0
              ? 'This callback is not of one provider: where a registered URL admits all that lies below it, it admits the callbacks of the others.'
              : `${name} shares its callback with ${namesOf(others)}: only iss tells their answers apart, and one without it is refused.`,
          instead: `no redirectUri, and ${ownCallback(issuer, name)} registered at ${name}`,
        },
      ];
    }),
  );

/** A warning: two providers seem to be one authorization server, and only one of them names its issuer. */
export const unwrittenIssuers: Rule = (model) =>
  providersOf(model).flatMap(({ value, block }) => {
    const { protocol } = value;
    if (protocol.type !== 'oauth2' || protocol.issuer !== undefined) return [];
    const origin = originOf(protocol.authorizationEndpoint);
    const neighbours = (model.authServer?.upstreamProviders ?? []).filter(
      (other) => other !== value && originOf(other.protocol.issuer ?? '') === origin && origin !== undefined,
    );
    if (neighbours.length === 0) return [];
    return [
      {
        path: block,
        message: `${value.name} is at the place of the issuer of ${namesOf(neighbours)}. If both are one authorization server that sends iss, the answers for ${value.name} are refused as those of another provider.`,
        instead: 'the same issuer here, if it is the same authorization server and sends iss (RFC 9207)',
      },
    ];
  });

/**
 * RFC 9700 section 4.4.2: a hostile provider redirects its visitor to an honest one, and then receives the honest one's
 * code, unless the callback or the answer names the provider. `iss` proves nothing when another provider with other
 * endpoints claims the same issuer.
 */
function unnamed(
  { value, block }: PlacedProvider,
  others: readonly Provider[],
  own: string,
): readonly Finding[] {
  const { type, issuer } = value.protocol;
  if (type === 'oidc' || others.length === 0) return [];
  const claimed = others.filter((other) => other.protocol.issuer === issuer);
  if (issuer !== undefined && claimed.length === 0) return [];
  const way = `no redirectUri, and ${own} registered at ${value.name}`;
  return [
    {
      path: type === 'mcp' ? block : [...block, 'issuer'],
      ...(issuer === undefined
        ? {
            message: `${value.name} shares its callback with ${namesOf(others)}, and nothing says whose an answer is: a hostile provider would be sent the codes of the others (RFC 9700 section 4.4.2).`,
            instead: `${way}; or the issuer, if ${value.name} sends it as iss with every answer (RFC 9207)`,
          }
        : {
            message: `${value.name} shares its callback and its issuer with ${namesOf(claimed)}: nothing says whose an answer is.`,
            instead: way,
          }),
    },
  ];
}

const sharers = ({ authServer }: GatehouseModel, { name, redirectUri }: Provider): readonly Provider[] =>
  (authServer?.upstreamProviders ?? []).filter(
    (other) => other.name !== name && other.redirectUri === redirectUri,
  );

const originOf = (url: string): string | undefined => URL.parse(url)?.origin;

const namesOf = (providers: readonly Provider[]): string => providers.map(({ name }) => name).join(', ');

const withIssuer = (
  { authServer }: GatehouseModel,
  look: (issuer: string) => readonly Finding[],
): readonly Finding[] => (authServer === undefined ? [] : look(authServer.issuer));
