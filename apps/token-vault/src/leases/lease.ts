/** How long a lease lasts, by Postgres' clock. Its holder renews it while it works. */
export const LEASE_MS = 2_500;

/** Three beats fit into a lease, so that one lost message does not end it. */
export const BEAT_MS = 700;
