const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const MAX_LENGTH = 253;

/** Whether a Secret or a ConfigMap can be called so (RFC 1123). What cannot is never asked for: `..` would be another address. */
export const isObjectName = (name: string): boolean => name.length <= MAX_LENGTH && SUBDOMAIN.test(name);
