import { reasonText } from '../refusals/failure-text.js';
import type { Snapshot } from './view.js';

/** Names all that a view is made of, and all that it says of failures. */
export const contentKey = (snapshots: readonly Snapshot[]): string =>
  snapshots
    .map(({ lists, failure }) => {
      const why = failure === undefined ? '' : JSON.stringify([failure.code, reasonText(failure)]);
      return `${lists?.digest ?? ''} ${why}\n`;
    })
    .join('');
