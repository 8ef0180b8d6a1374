/** Injection token of the service's part of the configuration. */
export const CONFIG = Symbol('the configuration of this service');

/** Injection token of the clock (`Clock` of the kernel). */
export const CLOCK = Symbol('the clock');
