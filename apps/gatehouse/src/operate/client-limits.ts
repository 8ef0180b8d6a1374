import { readLimits, wordsOfLimits, type WrittenLimits } from '@gatehouse/config/given-limits';
import { writtenLimits } from '@gatehouse/config/model/client-limits';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { mcpEndpoints } from '@gatehouse/config/urls/mcp-endpoints';
import { FIND_LIMITS, REMOVE_LIMITS, SET_LIMITS } from '@gatehouse/persistence/client-limit-statements';
import { KNOWN_CLIENTS } from '@gatehouse/persistence/client-statements';
import type { Queries } from '@gatehouse/persistence/database';
import { writtenClients } from '@gatehouse/persistence/known-client';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { noSuchClient, printLimits, removedLimits, setLimits, type LimitsWish } from './limit-words.js';
import { shown } from './people.js';
import { reach, type Which } from './reached.js';
import { inAuthorizationServer } from './service-database.js';

interface LimitsOptions extends Which, LimitsWish {
  readonly client: string;
  readonly json: boolean;
}

type AuthServer = NonNullable<GatehouseModel['authServer']>;

/** Shows, sets or removes what a client gets at most. */
export async function limitClient(
  options: LimitsOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  await reach(options, environment, async ({ model, ...rest }) => {
    await inAuthorizationServer({ model, ...rest }, async (own) => {
      // There is no such database without it.
      const { authServer } = model as { readonly authServer: AuthServer };
      if (options.remove) await remove(own, authServer, options, output);
      else if (options.limits === undefined) await show(own, authServer, options, output);
      else await set(own, model, { ...options, limits: options.limits }, output);
    });
  });
  return 0;
}

async function show(
  own: Queries,
  authServer: AuthServer,
  { client, json }: LimitsOptions,
  output: Output,
): Promise<void> {
  const configured = writtenLimits(client, authServer);
  const given = configured === undefined ? await find(own, client) : wordsOfLimits(configured);
  if (given === undefined && !(await isKnown(own, authServer, client))) throw noSuchClient(client);
  printLimits(output, json, given ?? {});
}

async function set(
  own: Queries,
  model: GatehouseModel,
  { client, json, limits }: LimitsOptions & { readonly limits: WrittenLimits },
  output: Output,
): Promise<void> {
  const { authServer } = model as { readonly authServer: AuthServer };
  refuseConfigured(authServer, client);
  const resourceUrls = mcpEndpoints(model.resourceUrl, model.backends, model.views).map(
    ({ resourceUrl }) => resourceUrl,
  );
  const read = readLimits(limits, { ...authServer, resourceUrls });
  if (!read.isGood) throw new Cannot(`${read.problems.join(' ')} Write what there is.`, 'usage');
  if (!(await isKnown(own, authServer, client)) && !mayComeByDocument(authServer, client))
    throw noSuchClient(client);
  await own.query({
    name: 'client-limits-set',
    text: SET_LIMITS,
    values: [client, JSON.stringify(read.written)],
  });
  setLimits(output, json, client, read.written);
}

async function remove(
  own: Queries,
  authServer: AuthServer,
  { client, json }: LimitsOptions,
  output: Output,
): Promise<void> {
  refuseConfigured(authServer, client);
  const { rowCount } = await own.query({
    name: 'client-limits-remove',
    text: REMOVE_LIMITS,
    values: [client],
  });
  removedLimits(output, json, client, rowCount > 0);
}

function refuseConfigured({ clientRegistration }: AuthServer, client: string): void {
  if (writtenClients(clientRegistration).get(client)?.kind === 'configured')
    throw new Cannot(
      `The client ${shown(client)} stands in the configuration, and so do its limits. Change them in authServer.clientRegistration.clients, then restart the authorization server.`,
      'configuration',
    );
}

async function find(own: Queries, client: string): Promise<WrittenLimits | undefined> {
  const { rows } = await own.query<{ readonly limits: WrittenLimits }>({
    name: 'client-limits-find',
    text: FIND_LIMITS,
    values: [client],
  });
  return rows[0]?.limits;
}

async function isKnown(own: Queries, { clientRegistration }: AuthServer, client: string): Promise<boolean> {
  if (writtenClients(clientRegistration).has(client)) return true;
  const { rows } = await own.query<{ readonly isRegistered: boolean }>({
    name: 'clients-known-one',
    text: `${KNOWN_CLIENTS} where client_id = $1`,
    values: [client],
  });
  return rows.some(({ isRegistered }) => isRegistered) || (rows.length > 0 && URL.canParse(client));
}

const mayComeByDocument = ({ clientRegistration }: AuthServer, client: string): boolean =>
  clientRegistration.metadataDocuments.enabled !== false &&
  URL.parse(client)?.protocol === 'https:' &&
  URL.parse(client)?.href === client;
