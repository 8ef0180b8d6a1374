import { row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { API_KEY, AS_OCTO, EXCHANGE } from './places.fixture.js';

export const OUTGOING_MORE_ROWS: readonly ManifestRow[] = [
  wrong(
    'tokenExchange at what is no URL',
    `${EXCHANGE}.tokenExchange.tokenUrl`,
    'sts',
    'The value is not an absolute http(s) URL.',
  ),
  wrong(
    'tokenExchange without an audience',
    `${EXCHANGE}.tokenExchange.audience`,
    undefined,
    'This field is required.',
  ),
  row('tokenExchange without a client', { [`${EXCHANGE}.tokenExchange.clientId`]: undefined }, [
    [`${EXCHANGE}.tokenExchange.clientSecretRef`, 'A clientSecretRef needs the clientId that it belongs to.'],
  ]),
  wrong(
    'tokenExchange with an unknown type of subject',
    `${EXCHANGE}.tokenExchange.subjectTokenType`,
    'saml2',
    'Expected one of: access_token, id_token, jwt.',
  ),
  wrong(
    'tokenExchange of a subject that is not there',
    `${EXCHANGE}.tokenExchange.subjectProviderName`,
    'acme',
    'There is no provider named acme. Known: acme-sso, octo.',
  ),
  wrong(
    'tokenExchange with scopes in one text',
    `${EXCHANGE}.tokenExchange.scopes`,
    'read write',
    'Expected a list, found a text.',
    '[read, write]',
  ),
  row('tokenExchange with two scopes in one item', { [`${EXCHANGE}.tokenExchange.scopes`]: ['read write'] }, [
    [
      `${EXCHANGE}.tokenExchange.scopes[0]`,
      'The value is not one scope: no spaces, quotes or backslashes; write several scopes as a list.',
      'read, write',
    ],
  ]),
  wrong(
    'tokenExchange with a plain secret',
    `${EXCHANGE}.tokenExchange.clientSecret`,
    'plain-text-of-a-secret',
    'Unknown field. Did you mean clientSecretRef?',
    'clientSecretRef:',
  ),
  wrong(
    "tokenExchange with the seed system's own spelling",
    `${EXCHANGE}.tokenExchange.token_url`,
    'https://sts.acme.example/token',
    'Unknown field. Did you mean tokenUrl?',
    'tokenUrl:',
  ),
  wrong(
    'the token of an exchange in the session header',
    `${EXCHANGE}.tokenExchange.externalTokenHeaderName`,
    'Mcp-Session-Id',
    'Mcp-Session-Id belongs to HTTP or MCP and cannot hold a token.',
  ),
  wrong(
    'the token of an exchange in a header that is none',
    `${EXCHANGE}.tokenExchange.externalTokenHeaderName`,
    'X Token',
    'The value is not a header name.',
  ),
  wrong(
    'headerInjection without a header',
    `${API_KEY}.headerInjection.headerName`,
    undefined,
    'This field is required.',
  ),
  wrong(
    'headerInjection without a value',
    `${API_KEY}.headerInjection.valueSecretRef`,
    undefined,
    'This field is required.',
  ),
  wrong(
    'headerInjection with a value in plain text',
    `${API_KEY}.headerInjection.headerValue`,
    'plain-text-of-a-secret',
    'Unknown field. Did you mean valueSecretRef?',
    'valueSecretRef:',
  ),
  wrong(
    'headerInjection with a header that is none',
    `${API_KEY}.headerInjection.headerName`,
    'X Api Key',
    'The value is not a header name.',
  ),
  wrong(
    'headerInjection with a header of the connection',
    `${API_KEY}.headerInjection.headerName`,
    'Host',
    'Host belongs to HTTP or MCP and cannot be injected.',
  ),
  wrong(
    'headerInjection with the header of the session',
    `${API_KEY}.headerInjection.headerName`,
    'Mcp-Session-Id',
    'Mcp-Session-Id belongs to HTTP or MCP and cannot be injected.',
  ),
  wrong(
    'headerInjection that is a text',
    `${API_KEY}.headerInjection`,
    'X-Api-Key',
    'Expected fields, found a text.',
  ),
  row(
    'obo without a tenant',
    {
      [`${AS_OCTO}.type`]: 'obo',
      [`${AS_OCTO}.upstreamInject`]: undefined,
      [`${AS_OCTO}.obo`]: {
        clientId: 'g',
        clientSecretRef: { name: 'clients', key: 'octo' },
        audience: 'api://a',
        subjectTokenProviderName: 'acme-sso',
      },
    },
    [[`${AS_OCTO}.obo.tenantId`, 'obo needs the tenantId.']],
  ),
  row(
    'obo of a subject that is not there',
    {
      [`${AS_OCTO}.type`]: 'obo',
      [`${AS_OCTO}.upstreamInject`]: undefined,
      [`${AS_OCTO}.obo`]: {
        tenantId: 't',
        clientId: 'g',
        clientSecretRef: { name: 'clients', key: 'octo' },
        scopes: ['api://a/.default'],
        subjectTokenProviderName: 'entra',
      },
    },
    [[`${AS_OCTO}.obo.subjectTokenProviderName`, 'There is no provider named entra. Known: acme-sso, octo.']],
  ),
  row(
    'xaa without an audience',
    {
      [`${AS_OCTO}.type`]: 'xaa',
      [`${AS_OCTO}.upstreamInject`]: undefined,
      [`${AS_OCTO}.xaa`]: {
        idpTokenUrl: 'https://sso.acme.example/token',
        idpClientId: 'g',
        idpClientSecretRef: { name: 'clients', key: 'octo' },
        targetTokenUrl: 'https://target.example/token',
        targetClientId: 'g',
        targetClientSecretRef: { name: 'clients', key: 'exchange' },
        subjectProviderName: 'acme-sso',
      },
    },
    [[`${AS_OCTO}.xaa.targetAudience`, 'This field is required.']],
  ),
  row(
    'xaa with an access token as subject',
    {
      [`${AS_OCTO}.type`]: 'xaa',
      [`${AS_OCTO}.upstreamInject`]: undefined,
      [`${AS_OCTO}.xaa`]: {
        idpTokenUrl: 'https://sso.acme.example/token',
        idpClientId: 'g',
        idpClientSecretRef: { name: 'clients', key: 'octo' },
        targetTokenUrl: 'https://target.example/token',
        targetClientId: 'g',
        targetClientSecretRef: { name: 'clients', key: 'exchange' },
        targetAudience: 'https://target.example',
        subjectProviderName: 'acme-sso',
        subjectTokenType: 'access_token',
      },
    },
    [[`${AS_OCTO}.xaa.subjectTokenType`, 'Expected one of: urn:ietf:params:oauth:token-type:id_token.']],
  ),
  row(
    'xaa at a server over http',
    {
      [`${AS_OCTO}.type`]: 'xaa',
      [`${AS_OCTO}.upstreamInject`]: undefined,
      [`${AS_OCTO}.xaa`]: {
        idpTokenUrl: 'https://sso.acme.example/token',
        idpClientId: 'g',
        idpClientSecretRef: { name: 'clients', key: 'octo' },
        targetTokenUrl: 'http://target.example/token',
        targetClientId: 'g',
        targetClientSecretRef: { name: 'clients', key: 'exchange' },
        targetAudience: 'https://target.example',
        subjectProviderName: 'acme-sso',
      },
    },
    [
      [
        `${AS_OCTO}.xaa.targetTokenUrl`,
        'http is refused: tokens would travel in the clear.',
        'https://target.example/token, or insecureTargetTokenUrl: true beside it',
      ],
    ],
  ),
  row(
    'an embedded authorization server as a credential',
    {
      [`${AS_OCTO}.type`]: 'embeddedAuthServer',
      [`${AS_OCTO}.upstreamInject`]: undefined,
      [`${AS_OCTO}.embeddedAuthServer`]: { issuer: 'https://a.example', upstreamProviders: [] },
    },
    [
      [
        `${AS_OCTO}.embeddedAuthServer`,
        'Refused: an authorization server is no credential of a backend.',
        'spec.authServerConfig of the VirtualMCPServer',
      ],
    ],
  ),
];
