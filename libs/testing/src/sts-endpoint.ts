import { randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { HttpStub, type StubRequest } from './http-stub.js';

/** Temporary credentials that it gave, and for what. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly subject: string;
  readonly endsAtMs: number;
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** AWS STS with AssumeRoleWithWebIdentity: it takes tokens that an issuer signed for a client, and names its refusals as AWS does. */
export class StsEndpoint extends HttpStub {
  readonly requests: URLSearchParams[] = [];
  /** Answers in the place of everything else: status and body. */
  instead: readonly [number, string] | undefined;
  /** What it does to an answer that gives. */
  bend: ((xml: string) => string) | undefined;
  /** Whose tokens it takes. */
  trusts = { issuer: '', jwksUrl: '', audience: '' };
  /** Credentials end after this long, whatever was asked for. */
  secondsAtMost = Infinity;
  /** By access key id. */
  readonly issued = new Map<string, TemporaryCredentials>();
  /** Roles whose policies do not trust the issuer. */
  readonly denied = new Set<string>();

  get stsUrl(): string {
    return `${this.origin}/`;
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(request.body);
    this.requests.push(form);
    const [status, body] = this.instead ?? (await this.#assume(form));
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
  }

  async #assume(form: URLSearchParams): Promise<readonly [number, string]> {
    const roleArn = form.get('RoleArn') ?? '';
    const sessionName = form.get('RoleSessionName') ?? '';
    if (form.get('Action') !== 'AssumeRoleWithWebIdentity' || form.get('Version') !== '2011-06-15')
      return awsError(400, 'InvalidAction');
    if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) return awsError(400, 'ValidationError');
    const subject = await this.#subjectOf(form.get('WebIdentityToken') ?? '');
    if (typeof subject !== 'string') return subject;
    if (this.denied.has(roleArn))
      return awsError(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
    const seconds = Math.min(Number(form.get('DurationSeconds')), this.secondsAtMost);
    const given: TemporaryCredentials = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      // With characters that mean something in XML and in a header.
      secretAccessKey: `${randomBytes(15).toString('base64')}<&/+`,
      sessionToken: `${randomBytes(300).toString('base64')}//+=`,
      roleArn,
      sessionName,
      subject,
      endsAtMs: Date.now() + seconds * 1_000,
    };
    this.issued.set(given.accessKeyId, given);
    return [200, this.bend?.(answerOf(given)) ?? answerOf(given)];
  }

  async #subjectOf(token: string): Promise<string | readonly [number, string]> {
    const { issuer, jwksUrl, audience } = this.trusts;
    try {
      const keys = createRemoteJWKSet(new URL(jwksUrl));
      const { payload } = await jwtVerify(token, keys, { issuer, audience });
      return payload.sub ?? '';
    } catch (error) {
      return error instanceof errors.JWTExpired
        ? awsError(400, 'ExpiredTokenException', 'Token expired')
        : awsError(400, 'InvalidIdentityToken', 'No OpenIDConnect provider found for your token');
    }
  }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** As AWS writes a refusal. */
export const awsError = (status: number, code: string, message = 'no'): readonly [number, string] => [
  status,
  `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
];

const answerOf = (given: TemporaryCredentials): string =>
  `<AssumeRoleWithWebIdentityResponse xmlns="${NAMESPACE}">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>${escaped(given.subject)}</SubjectFromWebIdentityToken>
    <AssumedRoleUser><Arn>${given.roleArn}/${given.sessionName}</Arn><AssumedRoleId>AROA:${given.sessionName}</AssumedRoleId></AssumedRoleUser>
    <Credentials>
      <SessionToken>${escaped(given.sessionToken)}</SessionToken>
      <SecretAccessKey>${escaped(given.secretAccessKey)}</SecretAccessKey>
      <Expiration>${new Date(given.endsAtMs).toISOString()}</Expiration>
      <AccessKeyId>${given.accessKeyId}</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>`;
