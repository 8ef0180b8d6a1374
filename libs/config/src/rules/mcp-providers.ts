import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { McpProtocol } from '../model/mcp-protocol.js';
import { providersOf as providersIn } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import { isHttps } from '../urls/hosts.js';
import { unknown } from './known-providers.js';
import { namesIn, providersOf, strategiesOf, type PlacedProvider, type Rule } from './rule.js';

interface PlacedMcp extends PlacedProvider {
  readonly value: PlacedProvider['value'] & { readonly protocol: McpProtocol };
}

/** A provider of type mcp belongs to one backend, and says nothing about who a person is. */
export const mcpProviders: Rule = (model) =>
  providersOf(model)
    .filter(isMcp)
    .flatMap((placed) => [
      ...backendFindings(model, placed),
      ...clientFindings(placed),
      ...primaryFindings(model, placed),
      ...strangerFindings(model, placed),
    ]);

const isMcp = (placed: PlacedProvider): placed is PlacedMcp => placed.value.protocol.type === 'mcp';

function backendFindings({ backends }: GatehouseModel, { value, block }: PlacedMcp): readonly Finding[] {
  const { backend } = value.protocol;
  const names = backends.map(({ name }) => name);
  if (names.length === 0 || names.includes(backend)) return [];
  return [
    {
      path: [...block, 'backend'],
      related: namesIn(['backends'], names.length),
      ...unknown('backend', backend, names),
    },
  ];
}

/** What one issuer gave is never shown to another one, whatever the backend says (MCP, authorization server binding). */
function clientFindings({ value, block }: PlacedMcp): readonly Finding[] {
  const { clientId, clientSecret, protocol } = value;
  const { issuer, clientMetadataUrl, dynamicRegistration } = protocol;
  if (clientId !== '' && issuer === undefined)
    return [
      {
        path: [...block, 'clientId'],
        message: 'A clientId needs the issuer that gave it: the backend could name any other one.',
        instead: 'the issuer beside it',
      },
    ];
  if (clientId === '' && clientSecret !== undefined)
    return [
      { path: [...block, 'clientSecret'], message: 'A clientSecret needs the clientId that it belongs to.' },
    ];
  const findings: Finding[] = [];
  if (clientMetadataUrl !== undefined && !isDocumentUrl(clientMetadataUrl))
    findings.push({
      path: [...block, 'clientMetadataUrl'],
      message: 'A client id of this kind is an https URL with a path, and without query and fragment.',
    });
  if (clientId === '' && clientMetadataUrl === undefined && !dynamicRegistration)
    findings.push({
      path: [...block, 'dynamicRegistration'],
      message: 'Without it there is no way for this gateway to become a client.',
      instead: 'true, or a clientId and its issuer, or a clientMetadataUrl',
    });
  return findings;
}

function isDocumentUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && isHttps(text) && url.pathname !== '/' && url.search === '' && url.hash === '';
}

function primaryFindings({ authServer }: GatehouseModel, { value, path }: PlacedMcp): readonly Finding[] {
  if (authServer?.primaryUpstreamProvider !== value.name) return [];
  return [
    {
      path: [...path, 'type'],
      related: [['authServer', 'primaryUpstreamProvider']],
      message: `${value.name} decides who the person is, and a backend’s own OAuth does not say that.`,
      instead: 'a provider of another type as the first one, or as primaryUpstreamProvider',
    },
  ];
}

/** Tokens for one backend are not sent to another one (RFC 8707; MCP, token passthrough). */
function strangerFindings(model: GatehouseModel, { value }: PlacedMcp): readonly Finding[] {
  const { name, protocol } = value;
  return strategiesOf(model).flatMap(({ value: strategy, path }) => {
    const uses = providersIn(strategy).includes(name);
    if (!uses || (path.at(-1) === protocol.backend && path.includes('backends'))) return [];
    return [
      {
        path: [...path, strategy.type],
        message: `The tokens of ${name} are for the backend ${protocol.backend} alone.`,
        instead: `outgoingAuth.backends.${protocol.backend}: { type: upstreamInject, upstreamInject: { providerName: ${name} } }`,
      },
    ];
  });
}
