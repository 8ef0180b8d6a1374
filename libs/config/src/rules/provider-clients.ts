import type { Finding } from '../findings/problems.js';
import { providersOf, type Rule } from './rule.js';

/** The method by which Gatehouse authenticates at a provider needs a client secret, or needs none to be there. */
export const providerClients: Rule = (model) =>
  providersOf(model).flatMap(({ value, block }): readonly Finding[] => {
    const { clientSecret, tokenEndpointAuthMethod } = value;
    if (tokenEndpointAuthMethod === undefined) return [];
    const place = [...block, 'tokenEndpointAuthMethod'];
    if (tokenEndpointAuthMethod === 'none' && clientSecret !== undefined)
      return [{ path: place, message: 'none does not send the clientSecret that is written beside it.' }];
    return tokenEndpointAuthMethod !== 'none' && clientSecret === undefined
      ? [{ path: place, message: `${tokenEndpointAuthMethod} needs a clientSecret.` }]
      : [];
  });
