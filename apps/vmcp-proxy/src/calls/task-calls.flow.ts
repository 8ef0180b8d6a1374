import type { Peer } from '../backends/peer.js';
import type { BackendFeatures } from '../catalog/backend-features.js';
import type { Route } from '../catalog/view.js';
import { JSON_TYPE } from '../mcp/answer.js';
import { followsTasks } from '../mcp/client-capabilities.js';
import { errorText } from '../mcp/message.js';
import { METHOD_NOT_FOUND } from '../mcp/protocol.js';
import { accountOf, type CredentialUse } from '../outgoing-auth/credential-header.js';
import type { TaskPlace } from '../tasks/task-id.js';
import type { TaskIds, TaskSeal } from '../tasks/task-ids.js';
import type { Call } from './call.js';
import { asksForTask } from './call.js';
import { TaskRelay } from './task-relay.js';

/** The revision that has tasks in sessions. */
const WITH_TASKS = '2025-11-25';

/** Whether a call may become a task at its backend, and what is known of tasks where it does. */
export class TaskCalls {
  constructor(
    private readonly ids: Pick<TaskIds, 'sealFor'>,
    private readonly features: Pick<BackendFeatures, 'of'>,
  ) {}

  /**
   * @returns `undefined` where no task can come of it; `refused` where the client has to be told so, because other tools of the
   * endpoint can be called as tasks.
   * @throws {GatehouseError} `unavailable` when nobody could follow what it asks for.
   */
  async relayOf(
    call: Call,
    route: Route,
    peer: Peer,
    use: Readonly<CredentialUse>,
  ): Promise<TaskRelay | 'refused' | undefined> {
    const { client, target, message, principal } = call;
    if (route.task !== undefined) {
      // The backend speaks another era by now: it knows its tasks in another form.
      if (peer.era !== client.era) return 'refused';
      const own = { sent: route.original, given: target.name ?? '' };
      return relay(call, { own, givesResult: message.method === 'tasks/result', idOf: () => undefined });
    }
    if (client.era === 'modern') {
      if (target.kind !== 'tool' || peer.era === 'legacy' || !followsTasks(client.envelope.capabilities))
        return undefined;
      // Without ids it is a call like any other.
      const seal = await Promise.resolve(this.ids.sealFor(principal)).catch(() => undefined);
      return seal && relay(call, { givesResult: false, idOf: idsOf(seal, route, peer, use) });
    }
    if (!asksForTask(call)) return undefined;
    if (!this.#takesTasks(route.backend, peer))
      return call.scope.backends.some((backend) => this.features.of(backend).tasks !== undefined)
        ? 'refused'
        : undefined;
    const seal = await this.ids.sealFor(principal);
    return relay(call, { givesResult: false, idOf: idsOf(seal, route, peer, use) });
  }

  #takesTasks(backend: string, peer: Peer): boolean {
    if (peer.era === 'modern' || peer.version !== WITH_TASKS) return false;
    return (peer.about ?? this.features.of(backend)).tasks !== undefined;
  }
}

const relay = ({ client }: Call, facts: ConstructorParameters<typeof TaskRelay>[0]): TaskRelay =>
  new TaskRelay(client.era === 'modern' ? { ...facts, capabilities: client.envelope.capabilities } : facts);

const idsOf =
  (seal: TaskSeal, { backend, original: tool }: Route, peer: Peer, use: Readonly<CredentialUse>) =>
  (taskId: string): string | undefined =>
    seal({
      era: peer.era,
      backend,
      tool,
      taskId,
      ...sessionOf(peer, use),
    });

/** Where a later vault could not tell whether the account is still the same, the task is looked for in sessions of its client's own. */
const sessionOf = (
  peer: Peer,
  { connection }: CredentialUse,
): Partial<Pick<TaskPlace, 'sessionId' | 'account'>> =>
  peer.era === 'modern' ||
  peer.session === undefined ||
  (connection && connection.connectedAtMs === undefined)
    ? {}
    : { sessionId: peer.session.id, account: accountOf(connection) };

/** MCP 2025-11-25, tasks, tool-level negotiation: a tool that is no task does not know the method. */
export function refuseTask({ answer, message, target, record }: Call): void {
  if (record !== undefined) record.errorCode = METHOD_NOT_FOUND;
  const error = {
    code: METHOD_NOT_FOUND,
    message:
      target.kind === 'task'
        ? 'the backend of this task no longer speaks the revision in which it was made'
        : 'this tool cannot be called as a task',
  };
  answer.whole(200, JSON_TYPE, errorText(message.id, error));
}
