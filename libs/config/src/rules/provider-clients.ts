import type { Finding } from '../problems.js';
import { providersOf, type Rule } from './rule.js';

/** How this gateway shows a provider who it is fits with what it has to show. */
export const providerClients: Rule = (model) =>
  providersOf(model).flatMap(({ value, path }): readonly Finding[] => {
    const name = value.type === 'oidc' ? 'oidcConfig' : 'oauth2Config';
    const { clientSecret, tokenEndpointAuthMethod } =
      value.type === 'oidc' ? value.oidcConfig : value.oauth2Config;
    if (tokenEndpointAuthMethod === undefined) return [];
    const place = [...path, name, 'tokenEndpointAuthMethod'];
    if (tokenEndpointAuthMethod === 'none' && clientSecret !== undefined)
      return [{ path: place, message: 'none does not send the clientSecret that is written beside it.' }];
    return tokenEndpointAuthMethod !== 'none' && clientSecret === undefined
      ? [{ path: place, message: `${tokenEndpointAuthMethod} needs a clientSecret.` }]
      : [];
  });
