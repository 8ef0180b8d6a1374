import type { ShownLists } from '../authorization/shown-lists.js';
import type { Catalog } from '../catalog/catalog.flow.js';
import { instructionsOf } from '../catalog/scope.js';
import { joinedInstructions } from '../catalog/joined-instructions.js';
import { CAPABILITIES, LEGACY_CAPABILITIES } from '../mcp/capabilities.js';
import { UI_EXTENSION } from '../mcp/client-capabilities.js';
import type { JsonObject } from '../mcp/message.js';
import type { Incoming } from './incoming.js';

interface Introduction {
  readonly capabilities: JsonObject;
  readonly instructions: string;
}

/** What a client is told about the endpoint before it asks for anything else. */
export class Introductions {
  constructor(
    private readonly catalog: Pick<Catalog, 'known' | 'hasUi'>,
    private readonly shown: Pick<ShownLists, 'hasSome'>,
  ) {}

  /** Says what is known: no backend is waited for. */
  of(
    { principal, scope, declared }: Pick<Incoming, 'principal' | 'scope' | 'declared'>,
    era: 'legacy' | 'modern',
  ): Introduction {
    const view = this.catalog.known(principal, scope, declared);
    const said = view.instructions.filter(({ backend }) =>
      this.shown.hasSome(view, backend, { principal, scope }),
    );
    const extensions = this.catalog.hasUi(scope) ? { extensions: { [UI_EXTENSION]: {} } } : {};
    return {
      capabilities: { ...(era === 'legacy' ? LEGACY_CAPABILITIES : CAPABILITIES), ...extensions },
      instructions: joinedInstructions(instructionsOf(scope), said),
    };
  }
}
