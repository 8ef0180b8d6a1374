import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { SigningScope } from '@gatehouse/config/issued-token-view';
import aws4 from 'aws4';

/** A request as it goes over the wire. */
interface SignableRequest {
  readonly url: URL;
  readonly method: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
}

/** @returns the headers of the request, its signature among them */
export type SignRequest = (request: SignableRequest) => Record<string, string>;

/** Temporary credentials of AWS. */
export interface AwsCredentials {
  readonly id: string;
  readonly secret: string;
  readonly sessionToken: string;
}

/**
 * AWS Signature Version 4: of the method, the place, the body, and of the headers that say what is asked. Others may be changed on
 * the way. Each sending is signed anew: a signature is good for one request, for minutes, at one place.
 */
export const awsSignature =
  ({ id, secret, sessionToken }: AwsCredentials, { region, service }: SigningScope): SignRequest =>
  ({ url, method, headers, body }) => {
    const own = Object.entries(headers).filter(([name]) => !isOfSignature(name));
    const signed = aws4.sign(
      {
        service,
        region,
        method,
        path: url.pathname + url.search,
        ...(body === null ? {} : { body }),
        headers: {
          ...Object.fromEntries(own.filter(([name]) => isSigned(name))),
          host: url.host,
          'x-amz-content-sha256': createHash('sha256')
            .update(body ?? '')
            .digest('hex'),
        },
      },
      { accessKeyId: id, secretAccessKey: secret, sessionToken },
    );
    const added = Object.entries(signed.headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]);
    return Object.fromEntries([...own, ...added.filter(([name = '']) => isOfSignature(name))]) as Record<
      string,
      string
    >;
  };

/** AWS says with 400 or 403 that temporary credentials have ended, or that it knows them no more (Common Errors of its services). */
export function saysCredentialsAreOver(status: number, headers: IncomingHttpHeaders): boolean {
  // In any other answer it may be what the tool heard of AWS: the call has run.
  if (status !== 400 && status !== 403) return false;
  return OVER.has(awsErrorName(headers)?.replace(/Exception$/, '') ?? '');
}

/** The name of an error of AWS, where it is one; whatever else stands there is a stranger's text. */
export function awsErrorName(headers: IncomingHttpHeaders): string | undefined {
  const [name = ''] = String(headers['x-amzn-errortype'] ?? '').split(':');
  return /^[A-Z][A-Za-z]{2,39}$/.test(name) ? name : undefined;
}

const OVER: ReadonlySet<string> = new Set(['ExpiredToken', 'InvalidClientTokenId', 'UnrecognizedClient']);

/** What is made here, whatever a caller passes on under that name. */
const isOfSignature = (name: string): boolean => name === 'authorization' || name.startsWith('x-amz-');

const isSigned = (name: string): boolean => name === 'content-type' || name.startsWith('mcp-');
