import type { WrittenLimits } from '@gatehouse/config/given-limits';
import { Cannot } from '../cannot.js';
import type { Output } from '../output.js';
import { shown } from './people.js';

/** What somebody wants of the limits of a client; neither: to see them. */
export interface LimitsWish {
  readonly limits?: WrittenLimits;
  readonly remove: boolean;
}

/** As options have it. */
export interface LimitFlags {
  readonly resource?: readonly string[];
  readonly scope?: readonly string[];
  readonly accessTokenLifespan?: string;
  readonly refreshTokenLifespan?: string;
  readonly remove?: boolean;
}

/** @throws {Cannot} when they are set and removed at once */
export function wishOf({
  resource,
  scope,
  accessTokenLifespan,
  refreshTokenLifespan,
  remove = false,
}: LimitFlags): LimitsWish {
  const limits: WrittenLimits = {
    ...(resource === undefined ? {} : { resources: [...resource] }),
    ...(scope === undefined ? {} : { scopes: [...scope] }),
    ...(accessTokenLifespan === undefined ? {} : { accessTokenLifespan }),
    ...(refreshTokenLifespan === undefined ? {} : { refreshTokenLifespan }),
  };
  const isSet = Object.keys(limits).length > 0;
  if (isSet && remove) throw new Cannot('--remove takes all limits away: give no others with it.', 'usage');
  return { remove, ...(isSet ? { limits } : {}) };
}

export const noSuchClient = (client: string): Cannot =>
  new Cannot(`There is no client ${shown(client)}. See which there are: gatehouse clients`);

const ANY = 'every one';
const USUAL = 'as of every client';

export function printLimits(output: Output, json: boolean, limits: WrittenLimits): void {
  const { resources, scopes, accessTokenLifespan, refreshTokenLifespan } = limits;
  if (json)
    output.json({
      resources: resources ?? null,
      scopes: scopes ?? null,
      accessTokenLifespan: accessTokenLifespan ?? null,
      refreshTokenLifespan: refreshTokenLifespan ?? null,
    });
  else
    output.table(
      ['limit', 'at most'],
      [
        ['resources', resources?.join(' ') ?? ANY],
        ['scopes', scopes?.join(' ') ?? ANY],
        ['access token', accessTokenLifespan ?? USUAL],
        ['refresh token', refreshTokenLifespan ?? USUAL],
      ].map((cells) => ({ cells })),
    );
}

export function setLimits(output: Output, json: boolean, client: string, limits: WrittenLimits): void {
  if (json) output.json({ client, limits });
  else
    output.line(
      `Limited ${shown(client)}: within five seconds at each replica, and also for what it was granted before.`,
    );
}

export function removedLimits(output: Output, json: boolean, client: string, wasThere: boolean): void {
  if (json) output.json({ client, removed: wasThere });
  else
    output.line(
      wasThere ? `Removed the limits of ${shown(client)}.` : `Nobody has set limits of ${shown(client)}.`,
    );
}
