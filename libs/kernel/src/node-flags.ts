/**
 * How the services run on Node. Without limits V8 lets the heap grow to a multiple of what is used before it collects, and the
 * allocator of C has an area for each thread: a service that holds 60 MiB had 280 (docs/speed.md). The limit of the old generation
 * is far from what a service needs; what counts is that V8 collects sooner with one.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=16', '--max-old-space-size=1024'];

/** Of glibc; other allocators do not know it. */
export const ALLOCATOR_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };
