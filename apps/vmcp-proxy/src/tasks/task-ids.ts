import { requestorKey, type Requestor } from '../incoming-auth/principal.js';
import { openTask, periodOf, sealTask, type TaskKey, type TaskPlace } from './task-id.js';
import type { TaskKeys } from './task-keys.store.js';

/** Seals the ids of the tasks of one requestor. */
export type TaskSeal = (place: TaskPlace) => string | undefined;

/** Ids of tasks as clients know them. Nothing is kept of a task: its id says where it is, to nobody but the replicas. */
export class TaskIds {
  constructor(private readonly keys: Pick<TaskKeys, 'current' | 'of'>) {}

  /** Before something is asked for that may become a task. @throws {GatehouseError} `unavailable` */
  sealFor(requestor: Requestor): TaskSeal | Promise<TaskSeal> {
    const key = this.keys.current();
    const seal =
      (known: TaskKey): TaskSeal =>
      (place) =>
        sealTask(place, requestorKey(requestor), known);
    return key instanceof Promise ? key.then(seal) : seal(key);
  }

  /**
   * @returns `undefined` for an id of another requestor, one that was made up, or one that is too old: they look alike.
   * @throws {GatehouseError} `unavailable`
   */
  async open(id: string, requestor: Requestor): Promise<TaskPlace | undefined> {
    const period = periodOf(id);
    const key = period === undefined ? undefined : await this.keys.of(period);
    return key === undefined ? undefined : openTask(id, requestorKey(requestor), key);
  }
}
