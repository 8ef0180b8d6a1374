import { SERVICES, type Service } from '@gatehouse/kernel/services';
import type { NamedObject } from '../cluster/objects.js';

const SUFFIX = '-gatehouse';

/** The ConfigMap of a gateway. The chart mounts it (`operator.virtualServer`). */
export const configMapOf = (gateway: string): string => `${gateway}${SUFFIX}`;

/** The Secret of one of its services. */
export const secretOf = (gateway: string, service: Service): string => `${configMapOf(gateway)}-${service}`;

/** Whether an object is called like one that the operator writes: it holds what services have of several Secrets. */
export const isWritten = ({ kind, name }: NamedObject): boolean =>
  kind === 'Secret'
    ? SERVICES.some((service) => name.endsWith(`${SUFFIX}-${service}`))
    : name.endsWith(SUFFIX);

/** So that the names of its objects are names of objects, too. */
export const MAX_GATEWAY_NAME_LENGTH = 200;
