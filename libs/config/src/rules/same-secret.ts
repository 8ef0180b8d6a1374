import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import type { ConfiguredSecret } from '../model/configured-secret.js';

/**
 * Whether two places refer to one secret, or to two of one value. One variable or one mounted secret is one secret; behind
 * one path each container may have a file of its own, so of files only the values count.
 */
export const sameSecret = (left: ConfiguredSecret, right: ConfiguredSecret): boolean =>
  (left.reference === right.reference && !left.reference.startsWith('file ')) ||
  (left.resolved && right.resolved && equalsInConstantTime(left.secret.reveal(), right.secret.reveal()));
