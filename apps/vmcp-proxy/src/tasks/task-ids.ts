import { personKey, type Principal } from '../incoming-auth/principal.js';
import { openTask, periodOf, sealTask, type TaskKey, type TaskPlace } from './task-id.js';
import type { TaskKeys } from './task-keys.store.js';

type Person = Pick<Principal, 'issuer' | 'subject'>;

/** Seals the ids of one person's tasks. */
export type TaskSeal = (place: TaskPlace) => string | undefined;

/** Ids of tasks as clients know them. Nothing is kept of a task: its id says where it is, to nobody but the replicas. */
export class TaskIds {
  constructor(private readonly keys: Pick<TaskKeys, 'current' | 'of'>) {}

  /** Before something is asked for that may become a task. @throws {GatehouseError} `unavailable` */
  sealFor(person: Person): TaskSeal | Promise<TaskSeal> {
    const key = this.keys.current();
    const seal = (known: TaskKey): TaskSeal => {
      const owner = personKey(person);
      return (place) => sealTask(place, owner, known);
    };
    return key instanceof Promise ? key.then(seal) : seal(key);
  }

  /**
   * @returns `undefined` for an id of another person, one that was made up, or one that is too old: they look alike.
   * @throws {GatehouseError} `unavailable`
   */
  async open(id: string, person: Person): Promise<TaskPlace | undefined> {
    const period = periodOf(id);
    const key = period === undefined ? undefined : await this.keys.of(period);
    return key === undefined ? undefined : openTask(id, personKey(person), key);
  }
}
