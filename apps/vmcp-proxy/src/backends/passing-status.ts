const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether the same request may be answered in another way soon. */
export const mayPass = (status: number): boolean => PASSING.has(status);
