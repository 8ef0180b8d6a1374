import type { RequestContract } from '@gatehouse/contracts/contract';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { sha256 } from '@gatehouse/kernel/digest';
import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { jwtVerify, SignJWT } from 'jose';
import type { RequestKey } from './bus-options.js';

/** Message header of a request that its caller has to prove. */
export const PROOF_HEADER = 'gatehouse-proof';

const ALGORITHM = 'HS256';
const TYPE = 'gatehouse-request+jwt';
/**
 * The digest of a request as both ends see it. A value that came out of JSON is written back as the same text, so the
 * receiver gets the sender's digest from what it parsed.
 */
const digestOf = (request: unknown): string => sha256(JSON.stringify(request));

export interface ProvenRequest {
  readonly contract: Pick<RequestContract, 'calledBy' | 'timeoutMs'>;
  /** With the gateway's prefix. */
  readonly subject: string;
  readonly request: unknown;
}

/**
 * Proves which service sends this one request on this one subject. The proof is valid for as long as the caller waits.
 */
export async function proveRequest(
  { contract, subject, request }: ProvenRequest,
  caller: Service,
  keys: readonly RequestKey[],
): Promise<string> {
  const [current] = keys;
  if (current === undefined) throw new Error(`${caller} has no request key: it cannot ask ${subject}`);
  const issuedAt = Math.floor(Date.now() / SECOND_MS);
  return await new SignJWT({ request: digestOf(request) })
    .setProtectedHeader({ alg: ALGORITHM, kid: current.id, typ: TYPE })
    .setIssuer(caller)
    .setAudience(subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.ceil(contract.timeoutMs / SECOND_MS))
    .sign(bytesOf(current));
}

/** Whether a service that may send this request has made the proof for it, just now. Never throws. */
export async function isProven(
  proof: string | undefined,
  { contract, subject, request }: ProvenRequest,
  keys: readonly RequestKey[],
): Promise<boolean> {
  if (proof === undefined) return false;
  try {
    const { payload } = await jwtVerify(
      proof,
      ({ kid }) => {
        const key = keys.find(({ id }) => id === kid);
        if (key === undefined) throw new Error('unknown key');
        return bytesOf(key);
      },
      {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: SERVICES.filter((service) => contract.calledBy.includes(service)),
        audience: subject,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        maxTokenAge: Math.ceil(contract.timeoutMs / SECOND_MS),
        requiredClaims: ['iat', 'exp', 'request'],
      },
    );
    return payload['request'] === digestOf(request);
  } catch {
    return false;
  }
}

const bytesOf = ({ key }: RequestKey): Uint8Array => Buffer.from(key.reveal(), 'base64url');
