import type { GatehouseError } from './gatehouse-error.js';
import { randomToken } from './ids.js';

const REFERENCE_BYTES = 9;

/** A number by which the line of a failure is found. */
export const newReference = (): string => randomToken(REFERENCE_BYTES);

/** Stands where the failure is shown, and in its line of the log. A part that has told the failure already has given it its number. */
export const referenceOf = ({ details }: GatehouseError): string => details['reference'] ?? newReference();
