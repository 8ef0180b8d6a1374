/** Progress goes to standard error: standard output belongs to the program that is being set up. */
export const say = (line = '') => process.stderr.write(`${line}\n`);

/** Something that the person at the keyboard has to change; shown without a stack. */
export class Cannot extends Error {}

/** Does a step that may take a while: says that it begins, and how long it took. */
export async function step(name, work) {
  const beganMs = Date.now();
  say(`${name} …`);
  const value = await work();
  say(`${name}: ${((Date.now() - beganMs) / 1000).toFixed(1)} s`);
  return value;
}
