import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { Configuration } from 'oidc-provider';

type DeviceRules = Pick<AuthorizationServerPart, 'deviceFlow'>;

/** RFC 8628, section 3.2: between two questions of a device. */
export const POLL_INTERVAL_MS = 5 * SECOND_MS;

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
