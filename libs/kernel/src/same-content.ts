import { Secret } from './secret.js';

/** Whether two values of a configuration say the same: plain data, maps, sets and secrets. */
export function sameContent(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (left instanceof Secret) return right instanceof Secret && left.reveal() === right.reveal();
  if (left instanceof Map) return right instanceof Map && sameContent([...left], [...right]);
  if (left instanceof Set) return right instanceof Set && sameContent([...left], [...right]);
  if (Array.isArray(left))
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => sameContent(item, right[index]))
    );
  // An instance of any other class has a content that nobody sees from here.
  if (!isPlain(left) || !isPlain(right)) return false;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => sameContent(left[name], right[name]));
}

const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};
