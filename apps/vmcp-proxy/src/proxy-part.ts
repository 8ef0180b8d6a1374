/** Injection token of the proxy's part of the configuration. */
export const PROXY_PART = Symbol('the proxy part of the configuration');
