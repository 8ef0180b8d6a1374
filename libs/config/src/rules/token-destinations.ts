import type { GatehouseModel } from '../model/gatehouse-model.js';
import { strategyOf } from '../model/outgoing-auth.js';
import type { TokenDestination } from '../model/token-destination.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import { isAllowedHost } from '../urls/allowed-hosts.js';
import { isReservedHeader } from './header-injection.js';
import { namesIn, strategiesOf, type Placed, type Rule } from './rule.js';

/** A token goes where its strategy says, in a header that is free. */
export const tokenDestinations: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) => {
    if (value.type !== 'upstreamInject' && !isIssuedToken(value)) return [];
    const placed = { value, path: [...path, value.type] };
    return [...headerFindings(placed), ...hostFindings(model, placed)];
  });

const headerFindings = ({ value: { header }, path }: Placed<TokenDestination>): readonly Finding[] =>
  header !== undefined &&
  (isReservedHeader(header.headerName) || header.headerName.toLowerCase() === 'cookie')
    ? [
        {
          path: [...path, 'headerName'],
          message: `${header.headerName} belongs to HTTP or MCP and cannot hold a token.`,
        },
      ]
    : [];

function hostFindings(model: GatehouseModel, { value, path }: Placed<TokenDestination>): readonly Finding[] {
  const { allowedHosts } = value;
  if (allowedHosts === undefined) return [];
  const place = [...path, 'allowedHosts'];
  if (allowedHosts.length === 0)
    return [{ path: place, message: 'No host is named: the token could go nowhere.' }];
  const { backends, outgoingAuth } = model;
  return backends
    .filter(({ name }) => strategyOf(outgoingAuth, name) === value)
    .flatMap(({ name, url }) => {
      const parsed = URL.parse(url);
      if (parsed === null || isAllowedHost(allowedHosts, parsed)) return [];
      return [
        {
          path: place,
          related: [
            ...allowedHosts.map((_host, index) => [...place, index]),
            ...namesIn(['backends'], backends.length),
            ...namesIn(['backends'], backends.length, 'url'),
          ],
          message: `${name} is at ${parsed.host}, where the token may not go.`,
          instead: parsed.host,
        },
      ];
    });
}
