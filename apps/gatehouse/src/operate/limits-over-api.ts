import { z } from 'zod';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { AdministrationApi, type ApiAccess } from './administration-api.client.js';
import { noSuchClient, printLimits, removedLimits, setLimits, type LimitsWish } from './limit-words.js';

const answered = z.object({
  resources: z.array(z.string()).nullable(),
  scopes: z.array(z.string()).nullable(),
  accessTokenLifespan: z.string().nullable(),
  refreshTokenLifespan: z.string().nullable(),
});

/** The same as `limitClient`, by the administrator's API. */
export async function limitClientOverApi(
  {
    client,
    json,
    limits,
    remove,
    ...access
  }: ApiAccess & LimitsWish & { readonly client: string; readonly json: boolean },
  environment: Environment,
  output: Output,
): Promise<number> {
  const api = await AdministrationApi.reach(access, environment);
  const path = `/clients/${encodeURIComponent(client)}/limits`;
  if (remove) removedLimits(output, json, client, await api.end(path));
  else if (limits === undefined) {
    const found = await api.get(path, answered, 'such client');
    printLimits(
      output,
      json,
      Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null)),
    );
  } else {
    if (!(await api.put(path, limits))) throw noSuchClient(client);
    setLimits(output, json, client, limits);
  }
  return 0;
}
