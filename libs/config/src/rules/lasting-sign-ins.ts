import { isOptedFor } from '../urls/refresh-tokens.js';
import { providersOf, type Rule } from './rule.js';

/** Without a refresh token a person signs in anew whenever the access token ends. */
export const lastingSignIns: Rule = (model) =>
  providersOf(model).flatMap(({ value, block }) => {
    if (value.protocol.type !== 'oidc') return [];
    const advice = isOptedFor(value.protocol.issuer, value.scopes, value.additionalAuthorizationParams);
    if (advice === undefined) return [];
    const { field, message, instead } = advice;
    return [{ path: [...block, field], message: `${value.name}: ${message}`, instead }];
  });
