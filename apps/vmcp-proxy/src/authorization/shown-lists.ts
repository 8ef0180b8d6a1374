import type { Kind } from '../catalog/definitions.js';
import type { Scope } from '../catalog/scope.js';
import type { View } from '../catalog/view.js';
import type { Principal } from '../incoming-auth/principal.js';

/** A principal at an endpoint. */
export interface Looking {
  readonly principal: Principal;
  readonly scope: Pick<Scope, 'place'>;
}

/** What of the lists a caller is shown. */
export interface ShownLists {
  /** Resolves when everything is decided that `text` needs; `undefined`: there is nothing to decide. */
  settle(view: View, kinds: readonly Kind[], looking: Looking): Promise<void> | undefined;
  /** The list as JSON. */
  text(view: View, kind: Kind, looking: Looking): string;
  /** Of that text. */
  digest(view: View, kind: Kind, looking: Looking): string;
  /** Whether something of the backend is shown. */
  hasSome(view: View, backend: string, looking: Looking): boolean;
}

/** Without policies everything is shown. */
export const EVERYTHING: ShownLists = {
  settle: () => undefined,
  text: (view, kind) => view.text(kind),
  digest: (view, kind) => view.digest(kind),
  hasSome: () => true,
};
