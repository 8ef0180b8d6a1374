import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { Configuration } from 'oidc-provider';

type DeviceRules = Pick<AuthorizationServerPart, 'deviceFlow'>;

/** RFC 8628, section 3.2: between two questions of a device. */
export const POLL_INTERVAL_MS = 5 * SECOND_MS;

/** Which browser was shown the form for a code. Its person takes it along when they sign out. */
export const DEVICE_COOKIE = 'gh-device';

/** Whom its client thinks of means nothing here, and what means nothing is left out (RFC 8628, section 3.1): whoever enters the code signs in. */
const HINT = 'id_token_hint';

export function formWithoutHint(form: URLSearchParams): URLSearchParams {
  const kept = new URLSearchParams(form);
  kept.delete(HINT);
  return kept;
}

/** The same of what a request object says. */
export const paramsWithoutHint = (params: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).filter(([name]) => name !== HINT));

/** Where people enter the code. */
export const VERIFICATION_PATH = '/device';

export const deviceRoutes = {
  device_authorization: '/oauth/device_authorization',
  code_verification: VERIFICATION_PATH,
} as const;

/** Only the endpoint and the grant are the library's. The page of its own has no route here (docs/adr/0074). */
export const deviceFeature = ({ deviceFlow }: DeviceRules) =>
  ({
    deviceFlow: {
      enabled: deviceFlow !== undefined,
      charset: 'base-20',
      mask: '****-****',
      // Nothing is kept of who asks.
      deviceInfo: () => ({}),
    },
  }) satisfies Configuration['features'];

/** Without sign-ins by codes there are none, and the library wants a number. */
export const deviceCodeSeconds = ({ deviceFlow }: DeviceRules): number =>
  Math.round((deviceFlow?.codeLifespanMs ?? MINUTE_MS) / SECOND_MS);
