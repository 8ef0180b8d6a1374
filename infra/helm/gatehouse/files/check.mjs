// What `helm test` runs: whether a client finds its way from the MCP endpoint to a sign-in, and gets nothing without one. It is given
// the addresses of the two Services, and asks them for the public hosts, as a reverse proxy would.
import { request } from 'node:http';

const { PROXY = '', AUTHORIZATION_SERVER = '', PUBLIC_URL = '', ISSUER = '' } = process.env;
const publicUrl = new URL(PUBLIC_URL);
const mcpUrl = `${PUBLIC_URL}/mcp`;

/**
 * One request to a Service, for the host that clients know.
 * @param {string} service
 * @param {string} host
 * @param {string} path
 * @param {{ method?: string, body?: string }} [options]
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders, text: string }>}
 */
function ask(service, host, path, { method = 'GET', body } = {}) {
  return new Promise((resolve, reject) => {
    const headers = { host, accept: 'application/json, text/event-stream' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const asked = request(new URL(path, service), { method, headers, timeout: 10_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        if (text.length < 1_000_000) text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer within 10 s')));
    asked.on('error', reject);
    asked.end(body);
  });
}

let failed = 0;
async function check(name, work) {
  try {
    await work();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

function same(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what} is ${actual}, and should be ${expected}`);
}

const pathOf = (url) => new URL(url).pathname.replace(/\/$/, '');
let metadataUrl;

await check('a call without a token is refused, and says where to begin', async () => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const { status, headers } = await ask(PROXY, publicUrl.host, `${pathOf(PUBLIC_URL)}/mcp`, {
    method: 'POST',
    body,
  });
  same('status', status, 401);
  metadataUrl = /resource_metadata="([^"]+)"/.exec(headers['www-authenticate'] ?? '')?.[1];
  if (metadataUrl === undefined)
    throw new Error('WWW-Authenticate names no resource_metadata (RFC 9728, section 5.1)');
});

await check('the metadata of the resource names the issuer', async () => {
  if (metadataUrl === undefined) throw new Error('nothing says where it is');
  const { status, text } = await ask(PROXY, publicUrl.host, new URL(metadataUrl).pathname);
  same('status', status, 200);
  const { resource, authorization_servers: issuers = [] } = JSON.parse(text);
  same('resource', resource, mcpUrl);
  same('issuer', issuers[0], ISSUER);
});

if (AUTHORIZATION_SERVER) {
  const issuer = new URL(ISSUER);
  let metadata;
  await check('the issuer describes itself (RFC 8414), and publishes keys', async () => {
    const path = `/.well-known/oauth-authorization-server${pathOf(ISSUER)}`;
    const { status, text } = await ask(AUTHORIZATION_SERVER, issuer.host, path);
    same('status', status, 200);
    metadata = JSON.parse(text);
    same('issuer', metadata.issuer, ISSUER);
    const keys = await ask(AUTHORIZATION_SERVER, issuer.host, new URL(metadata.jwks_uri).pathname);
    if (!JSON.parse(keys.text).keys?.length) throw new Error('there is no key');
  });
  await check('a made-up client gets no sign-in', async () => {
    const path = new URL(metadata?.authorization_endpoint ?? ISSUER).pathname;
    const { status } = await ask(
      AUTHORIZATION_SERVER,
      issuer.host,
      `${path}?client_id=made-up&response_type=code`,
    );
    if (status < 400 || status > 499) throw new Error(`status is ${status}, and should be a refusal`);
  });
}

console.log(failed === 0 ? 'A client finds its way.' : `${failed} checks failed.`);
process.exitCode = failed === 0 ? 0 : 1;
