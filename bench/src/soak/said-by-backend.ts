/** What the soak's backend says, and its clients look for. */
export const WATCHED = 'soak://watched';
export const STEPS = 5;
export const LARGE_BYTES = 512 * 1_024;
