/** RFC 1123 section 2.1, in lower case: the form of the names of gateways, providers and backends. */
export const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
