export interface RefreshAdvice {
  readonly field: 'scopes' | 'additionalAuthorizationParams';
  readonly message: string;
  readonly instead: string;
}

const GOOGLE = 'accounts.google.com';
/** They give one to every client that may have it. */
const WITHOUT_ASKING = /^cognito-idp\..*\.amazonaws\.com$|^gitlab\.|\.salesforce\.com$/;

/**
 * What a provider of OpenID Connect needs to give a refresh token: `offline_access` (OpenID Connect Core section 11), or at
 * Google, which refuses that scope, `access_type=offline`. `undefined`: it is asked for.
 */
export function isOptedFor(
  issuer: string,
  scopes: readonly string[],
  params: Readonly<Record<string, string>>,
): RefreshAdvice | undefined {
  const host = URL.parse(issuer)?.hostname ?? '';
  const isGoogle = host === GOOGLE;
  const asks = scopes.includes('offline_access');
  if (isGoogle && asks)
    return {
      field: 'scopes',
      message: 'Google refuses the scope offline_access: each sign-in would end with invalid_scope.',
      instead: 'provider: google, which has what Google needs',
    };
  if (isGoogle)
    return params['access_type'] === 'offline'
      ? undefined
      : {
          field: 'additionalAuthorizationParams',
          message:
            'Google gives a refresh token with access_type=offline alone: people would sign in anew every hour.',
          instead: '{ access_type: offline, prompt: consent }',
        };
  return asks || scopes.includes('refresh_token') || WITHOUT_ASKING.test(host)
    ? undefined
    : {
        field: 'scopes',
        message:
          'Without offline_access most providers give no refresh token: people sign in anew whenever the access token ends.',
        instead: `[${[...scopes, 'offline_access'].join(', ')}]`,
      };
}
