import type { Pattern } from './field-tree.js';

/** What becomes of a field and of everything below it. There is no fourth way: nothing is accepted and ignored in silence. */
export type Decision =
  | { readonly is: 'honoured' }
  /** An error by name. `allows`: values that ask for nothing. */
  | {
      readonly is: 'refused';
      readonly because: string;
      readonly instead?: string;
      readonly allows?: readonly unknown[];
    }
  /** A warning: what the field is for is done in another way here, or by somebody else. */
  | { readonly is: 'noEffect'; readonly because: string };

export type Decisions = Readonly<Record<Pattern, Decision>>;

const HONOURED: Decision = { is: 'honoured' };

export const noEffect = (because: string): Decision => ({ is: 'noEffect', because });

export const refused = (
  because: string,
  more: { readonly instead?: string; readonly allows?: readonly unknown[] } = {},
): Decision => ({ is: 'refused', because, ...more });

/** Of the field itself, or of the nearest block around it that has one; without any, a field is honoured. */
export function decisionFor(decisions: Decisions, pattern: Pattern): Decision {
  for (let place = pattern; place !== ''; place = outer(place)) {
    const decision = decisions[place];
    if (decision !== undefined) return decision;
  }
  return HONOURED;
}

/** An item has the decision of its list. */
const outer = (pattern: Pattern): Pattern =>
  pattern.slice(0, Math.max(0, pattern.lastIndexOf('.'))).replace(/(?:\[\]|\{\})$/, '');
