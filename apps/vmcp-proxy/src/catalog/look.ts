import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Principal } from '../incoming-auth/principal.js';
import type { Shelf } from './shelves.js';

/** One request and its shelf. Its token is its own: requests of the same principal with others come meanwhile. */
export interface Sight {
  readonly shelf: Shelf;
  readonly principal: Principal;
}

export interface Look extends Sight {
  /** Lists that are older are asked for again. */
  readonly freshForMs: number;
}

export interface ListFailure {
  readonly backend: string;
  readonly why: GatehouseError;
  /** Its tools are known, of now or of before: others of its lists are missing. */
  readonly hasTools: boolean;
}
