import { Injectable } from '@nestjs/common';
import type { Queries, Statement } from './database.js';
import { Room, type Expendable } from './room.js';

/** What the owner of a table does about rows that nobody can use any more. */
export interface Expiring {
  /** Ends what has had its time. Several replicas may do so at once. */
  endExpired(): Promise<void>;
  /** What goes when there is too much of it. */
  readonly expendable?: readonly Expendable[];
}

/** An owner whose rows end by statements alone. */
export const endedBy = (
  database: Queries,
  statements: readonly Statement[],
  expendable: readonly Expendable[] = [],
): Expiring => ({
  endExpired: async () => {
    for (const statement of statements) await database.query(statement);
  },
  expendable,
});

/** Ends what has expired, table by table. Each table's owner says how; the job that calls this knows none of them. */
@Injectable()
export class Expiry {
  readonly #owners: Expiring[] = [];

  constructor(private readonly room: Room) {}

  /** Called once by each owner, when it is made. */
  add(owner: Expiring): void {
    this.#owners.push(owner);
  }

  async run(): Promise<void> {
    for (const owner of this.#owners) await owner.endExpired();
    await this.room.make(this.#owners.flatMap(({ expendable = [] }) => expendable));
  }
}
