import type { TokenDestination, TokenHeader } from '../model/token-destination.js';
import { given } from './written-values.js';

interface Written extends TokenHeader {
  readonly allowedHosts?: readonly string[];
}

/** What {@link destination} reads. */
export const DESTINATION_FIELDS = [
  'headerName',
  'scheme',
  'allowedHosts',
] as const satisfies readonly (keyof Written)[];

export const destination = ({ headerName, scheme, allowedHosts }: Written): TokenDestination => ({
  ...(headerName.toLowerCase() === 'authorization' && scheme === 'Bearer'
    ? {}
    : { header: { headerName, scheme } }),
  ...given('allowedHosts', allowedHosts),
});
