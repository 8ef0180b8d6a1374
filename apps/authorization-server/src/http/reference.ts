import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomToken } from '@gatehouse/kernel/ids';

const REFERENCE_BYTES = 9;

/** Stands on the page of a failure and in its line of the log. The vault's own reference finds its line, too. */
export const referenceOf = ({ details }: GatehouseError): string =>
  details['reference'] ?? randomToken(REFERENCE_BYTES);
