import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { StubRequest } from './http-stub.js';
import type { TemporaryCredentials } from './sts-endpoint.js';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(?<id>\w+)\/(?<day>\d{8})\/(?<region>[a-z0-9-]+)\/(?<service>[a-z0-9-]+)\/aws4_request, SignedHeaders=(?<names>[a-z0-9;-]+), Signature=[0-9a-f]{64}$/;
/** AWS refuses requests that are older, or from the future. */
const MAX_SKEW_MS = 300_000;

export interface SignedFor {
  readonly region: string;
  readonly service: string;
}

/**
 * Whose request it is, as AWS finds it out: the request is signed again by the vendor's own code (`@smithy/signature-v4`) with the
 * secret of the key that it names, and has to come out the same.
 * @throws {Error} with the name that AWS has for it
 */
export async function signerOf(
  request: StubRequest,
  issued: ReadonlyMap<string, TemporaryCredentials>,
  expected: SignedFor,
): Promise<TemporaryCredentials> {
  const { authorization = '', ...headers } = request.headers;
  const said = AUTHORIZATION.exec(authorization)?.groups ?? {};
  const { id = '', region, service, names = '' } = said;
  const credentials = issued.get(id);
  if (credentials === undefined) throw new Error('UnrecognizedClientException');
  if (region !== expected.region || service !== expected.service) throw new Error('SignatureDoesNotMatch');
  if (headers['x-amz-security-token'] !== credentials.sessionToken) throw new Error('InvalidClientTokenId');
  if (Date.now() > credentials.endsAtMs) throw new Error('ExpiredTokenException');
  const signingDate = dateOf(String(headers['x-amz-date']));
  if (Math.abs(Date.now() - signingDate.getTime()) > MAX_SKEW_MS) throw new Error('RequestExpired');
  const signedNames = names.split(';');
  if (!['host', 'x-amz-date', 'x-amz-security-token'].every((name) => signedNames.includes(name)))
    throw new Error('SignatureDoesNotMatch');
  const signer = new SignatureV4({ region, service, credentials, sha256: Sha256 });
  const again = await signer.sign(
    {
      method: request.method,
      protocol: request.url.protocol,
      hostname: request.url.hostname,
      path: request.url.pathname,
      query: queryOf(request.url),
      headers: Object.fromEntries(signedNames.map((name) => [name, String(headers[name])])),
      body: request.body,
    },
    { signingDate },
  );
  if (again.headers['authorization'] !== authorization) throw new Error('SignatureDoesNotMatch');
  return credentials;
}

/** `20150830T123600Z`. */
const dateOf = (text: string): Date =>
  new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

function queryOf({ searchParams }: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of searchParams.keys()) {
    const values = searchParams.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return query;
}
