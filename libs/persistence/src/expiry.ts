import { Injectable } from '@nestjs/common';
import type { Queries, Statement } from './database.js';
import { Room, type Expendable } from './room.js';

/** How the owner of a table removes rows that are of no use any more. */
export interface Expiring {
  /** Removes what has expired. Several replicas may do so at once. */
  endExpired(): Promise<void>;
  /** The rows that are deleted first when the table gets too large. */
  readonly expendable?: readonly Expendable[];
}

/** An owner that removes its rows by statements alone. */
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

/** Removes what has expired, table by table. The owner of each table says how; the calling job knows no table. */
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
