import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { AuthServer } from '../model/auth-server.js';
import type { ClientLimits } from '../model/client-limits.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { mcpEndpoints } from '../urls/mcp-endpoints.js';
import { limitFindings } from './limit-findings.js';
import type { Rule } from './rule.js';

const CLIENTS: Path = ['authServer', 'clientRegistration', 'clients'];

type Client = AuthServer<unknown>['clientRegistration']['clients'][number];

/** What limits a client is there, leaves it something, and leaves it what the configuration gives it elsewhere. */
export const clientLimits: Rule = (model) => {
  const { authServer } = model;
  if (authServer === undefined) return [];
  const bounds = { ...authServer, resourceUrls: resourcesOf(model) };
  return authServer.clientRegistration.clients.flatMap((client, index) => {
    const { limits } = client;
    if (limits === undefined) return [];
    const path = [...CLIENTS, index];
    return [...limitFindings(limits, [...path, 'limits'], bounds), ...givenElsewhere(client, limits, path)];
  });
};

const resourcesOf = ({ resourceUrl, backends, views }: GatehouseModel): readonly string[] =>
  mcpEndpoints(resourceUrl, backends, views).map((endpoint) => endpoint.resourceUrl);

const GRANTS = ['clientCredentials', 'tokenExchange', 'identityAssertions'] as const;

function givenElsewhere(client: Client, limits: ClientLimits, path: Path): readonly Finding[] {
  return GRANTS.flatMap((grant) =>
    (['resources', 'scopes'] as const).flatMap((field) => {
      const limit = limits[field];
      if (limit === undefined) return [];
      return (client[grant]?.[field] ?? []).flatMap((value, index) =>
        limit.includes(value)
          ? []
          : [
              {
                path: [...path, grant, field, index],
                related: [[...path, 'limits', field]],
                message: 'The limits of the client leave this out, so that it never gets it.',
              },
            ],
      );
    }),
  );
}
