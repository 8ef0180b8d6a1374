import type { ShownLists } from '../authorization/shown-lists.js';
import type { Catalog } from '../catalog/catalog.flow.js';
import { instructionsOf } from '../catalog/scope.js';
import { joinedInstructions } from '../catalog/joined-instructions.js';
import { CAPABILITIES, LEGACY_CAPABILITIES } from '../mcp/capabilities.js';
import { TASKS_EXTENSION, UI_EXTENSION } from '../mcp/client-capabilities.js';
import type { JsonObject } from '../mcp/message.js';
import { MODERN_VERSION } from '../mcp/protocol.js';
import type { About } from '../mcp/about.js';
import type { Incoming } from './incoming.js';

interface Introduction {
  readonly capabilities: JsonObject;
  readonly instructions: string;
}

/** The revision that has tasks in sessions. */
const WITH_TASKS = '2025-11-25';

/** What can be done with tasks at some backend (MCP 2025-11-25, tasks). */
function tasksOf(features: readonly Pick<About, 'tasks'>[]): JsonObject | undefined {
  const able = features.flatMap(({ tasks }) => (tasks === undefined ? [] : [tasks]));
  if (able.length === 0) return undefined;
  return {
    ...(able.some(({ canCancel }) => canCancel) ? { cancel: {} } : {}),
    requests: { tools: { call: {} } },
  };
}

/** What a client is told about the endpoint before it asks for anything else. */
export class Introductions {
  constructor(
    private readonly catalog: Pick<Catalog, 'known' | 'features'>,
    private readonly shown: Pick<ShownLists, 'hasSome'>,
  ) {}

  /** Says what is known: no backend is waited for. */
  of(
    { principal, scope, declared }: Pick<Incoming, 'principal' | 'scope' | 'declared'>,
    revision: string,
  ): Introduction {
    const view = this.catalog.known(principal, scope, declared);
    const said = view.instructions.filter(({ backend }) =>
      this.shown.hasSome(view, backend, { principal, scope }),
    );
    const ofScope = scope.backends.map((backend) => this.catalog.features.of(backend));
    // Tasks are of tools: whoever is shown nothing of a backend has none there.
    const seen = scope.backends
      .filter((backend) => this.shown.hasSome(view, backend, { principal, scope }))
      .map((backend) => this.catalog.features.of(backend));
    const isModern = revision === MODERN_VERSION;
    const extensions = {
      ...(ofScope.some(({ hasUi }) => hasUi) ? { [UI_EXTENSION]: {} } : {}),
      ...(isModern && seen.some(({ hasTasksExtension }) => hasTasksExtension)
        ? { [TASKS_EXTENSION]: {} }
        : {}),
    };
    const tasks = revision === WITH_TASKS ? tasksOf(seen) : undefined;
    return {
      capabilities: {
        ...(isModern ? CAPABILITIES : LEGACY_CAPABILITIES),
        ...(tasks === undefined ? {} : { tasks }),
        ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
      },
      instructions: joinedInstructions(instructionsOf(scope), said),
    };
  }
}
