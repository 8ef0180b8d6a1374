/** Injection token of the service's part of the configuration. */
export const CONFIG = Symbol('the configuration of this service');

/** Injection token of the clock (`Clock` of the kernel). */
export const CLOCK = Symbol('the clock');

/**
 * The part of a service is one object for the life of its process: whoever looks at it when it is used sees what is configured
 * now. What was made of it at the start stays as it was made.
 */
export function exchangePart<Part extends object>(part: Part, next: Part): void {
  for (const name of Object.keys(part)) if (!(name in next)) Reflect.deleteProperty(part, name);
  Object.assign(part, next);
}
