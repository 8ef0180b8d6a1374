import type { Eras } from '../everything/everything-backend.js';
import type { Revision } from './suite.js';

/** The kinds of backends that are tested: all, or what `npm run conformance` was asked for. */
const KINDS: readonly Eras[] = ['dual', 'modern', 'legacy'];
const asked = process.env['GATEHOUSE_CONFORMANCE']?.split(',');
export const testedKinds = KINDS.filter((eras) => asked?.includes(eras) ?? true);

/** Scored scenarios of the suite that pass at the backend itself and are lost behind the gateway. */
interface Loss {
  readonly scenarios: readonly string[];
  readonly revision: Revision;
  /** The backends before which they are lost. */
  readonly before: readonly Eras[];
  readonly why: string;
}

/**
 * What the gateway does not carry. The spec fails for what is lost and is not here, and for what is here and is not
 * lost any more: the list only ever gets shorter.
 */
const LOSSES: readonly Loss[] = [
  {
    scenarios: ['input-required-result-basic-elicitation'],
    revision: '2026-07-28',
    before: ['legacy'],
    why: 'It looks for the key of its fixture. A question that is asked on a stream has no key, so the gateway gives it one.',
  },
  {
    scenarios: ['server-stateless'],
    revision: '2026-07-28',
    before: ['legacy'],
    why: 'A backend of earlier revisions has no -32021 for a capability that a client lacks: it gives the result of a tool.',
  },
];

export const knownLosses = (eras: Eras, revision: Revision): readonly string[] =>
  LOSSES.filter((loss) => loss.revision === revision && loss.before.includes(eras)).flatMap(
    ({ scenarios }) => scenarios,
  );
