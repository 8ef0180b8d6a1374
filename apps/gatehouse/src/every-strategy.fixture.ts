import { modelOf } from './configuration.js';

/** A backend for each strategy that the demonstration has not, and for what else decides about a call. */
const YAML = `
name: acme
publicUrl: http://localhost:4483
authServer:
  issuer: http://localhost:4484
  keyEncryptionKeys: [{ id: a, env: A }]
  upstreamProviders:
    - { name: sso, type: oidc, oidcConfig: { issuerUrl: https://sso.example, clientId: g, clientSecret: { env: S } } }
incomingAuth: { type: oidc, authz: { policies: ['permit(principal, action, resource);'] } }
bridge: { secret: { env: BRIDGE_SECRET } }
backends:
  - { name: entra, url: https://entra.example/mcp }
  - { name: cross, url: https://cross.example/mcp }
  - { name: crossed, url: https://crossed.example/mcp }
  - { name: keyed, url: https://keyed.example/mcp }
  - { name: machine, url: https://machine.example/mcp }
  - { name: google, url: https://google.example/mcp }
  - { name: run, url: https://run.example/mcp }
  - name: files
    command: [node, /srv/files.js]
    requiredScopes: [files:read]
    toolScopes: [{ tools: ['write*'], scopes: [files:write, files:read] }]
aggregation:
  tools: [{ workload: files, filter: [read, write], overrides: { read: { name: look }, write: { description: Writes } } }]
outgoingAuth:
  backends:
    entra:
      type: obo
      obo: { tokenUrl: https://login.example/token, clientId: g, clientSecret: { env: S }, scopes: [api://x/Read], subjectTokenProviderName: sso }
    cross:
      type: xaa
      xaa:
        idpTokenUrl: https://sso.example/token
        idpClientId: g
        idpClientSecret: { env: S }
        targetTokenUrl: https://auth.cross.example/token
        targetClientId: g
        targetClientSecret: { env: S }
        targetAudience: https://auth.cross.example
        targetResource: https://cross.example/mcp
        subjectProviderName: sso
    crossed:
      type: xaa
      xaa:
        idpTokenUrl: https://sso.example/token
        idpClientId: g
        idpClientSecret: { env: S }
        targetTokenUrl: https://auth.crossed.example/token
        targetClientId: g
        targetClientSecret: { env: S }
        targetAudience: https://auth.crossed.example
        subjectProviderName: sso
    keyed:
      type: headerInjection
      headerInjection: { headerName: X-Key, perUser: { name: jira, label: Jira API token } }
    machine:
      type: clientCredentials
      clientCredentials: { tokenUrl: https://sts.example/token, clientId: machine, clientSecret: { env: S }, audience: m }
    google:
      type: googleServiceAccount
      googleServiceAccount: { serviceAccountKey: { env: G }, scopes: ['https://www.googleapis.com/auth/drive.readonly'] }
    run:
      type: googleServiceAccount
      googleServiceAccount: { serviceAccountKey: { env: G }, audience: https://run.example }
vault: { keyEncryptionKeys: [{ id: v, env: V }] }
postgres: { authorizationServer: { url: { env: AS } }, tokenVault: { url: { env: TV } } }
nats: { servers: ['nats://localhost:4222'] }
`;

export const everyStrategy = () => modelOf({ document: '/somewhere/gatehouse.yaml', text: YAML }, 'none', {});
