import type { Issued } from './stub-provider.js';

/** What several providers answer in the same way. */
export const invalidGrant = (status: number, description: string): readonly [number, object] => [
  status,
  { error: 'invalid_grant', error_description: description },
];

export const bearer = ({ accessToken, refreshToken, seconds }: Issued, more: object = {}): object => ({
  access_token: accessToken,
  token_type: 'bearer',
  refresh_token: refreshToken,
  expires_in: seconds,
  ...more,
});

/** The refresh token comes with the code alone. */
export const bearerOnce = (issued: Issued): object =>
  bearer({ ...issued, refreshToken: issued.grant === 'code' ? issued.refreshToken : undefined });
