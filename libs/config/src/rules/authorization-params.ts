import { MAX_AUTHORIZATION_PARAMS } from '../model/bounds.js';
import { providersOf, type PlacedProvider, type Rule } from './rule.js';

/** Set by the protocol. Overriding one would undo its protection. */
export const RESERVED_PARAMETERS: ReadonlySet<string> = new Set([
  'response_type',
  'response_mode',
  'client_id',
  'client_secret',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
]);

export const authorizationParams: Rule = (model) =>
  providersOf(model).flatMap(({ value, block }) => {
    const place = [...block, 'additionalAuthorizationParams'];
    const names = Object.keys(value.additionalAuthorizationParams);
    return [
      ...names
        .filter((param) => RESERVED_PARAMETERS.has(param.toLowerCase()))
        .map((param) => ({
          path: [...place, param],
          message: `${param} is set by the protocol and cannot be changed.`,
        })),
      ...(isAlone(value) && value.reconnectPrompt !== 'none' && value.reconnectPrompt !== undefined
        ? [
            {
              path: [...block, 'reconnectPrompt'],
              message:
                'Nothing may stand beside the configured prompt none (OpenID Connect Core section 3.1.2.1).',
              instead: 'another prompt, or no reconnectPrompt',
              related: [[...place, 'prompt']],
            },
          ]
        : []),
      ...(names.length > MAX_AUTHORIZATION_PARAMS
        ? [{ path: place, message: `At most ${MAX_AUTHORIZATION_PARAMS} parameters can be added.` }]
        : []),
    ];
  });

const isAlone = ({ additionalAuthorizationParams: { prompt = '' } }: PlacedProvider['value']): boolean =>
  prompt.split(' ').includes('none');
