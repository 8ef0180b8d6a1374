import { decodeJwt } from 'jose';
import { postForm, type FormAnswer } from './proving-client.js';
import { REDIRECT_URI, type TestService } from './test-service.js';

export interface Code {
  readonly code: string;
  readonly verifier: string;
}

let people = 0;

/** A public client that brings proofs of possession, or does not. */
export class BoundClient {
  constructor(
    private readonly service: TestService,
    readonly clientId: string,
  ) {}

  get tokenEndpoint(): string {
    return `${this.service.issuer}/oauth/token`;
  }

  async codeFor(change: Readonly<Record<string, string>> = {}): Promise<Code> {
    const { url, verifier } = this.service.authorizeUrl(this.clientId, change);
    return await this.codeAt(url, verifier);
  }

  /** Of somebody who never was here. */
  async codeAt(url: string, verifier: string): Promise<Code> {
    const end = await this.service.signIn(this.service.browser(), url, `bound-${(people += 1)}`);
    return { code: end.get('code') ?? '', verifier };
  }

  async redeemed(
    { code, verifier }: Code,
    proof: string | undefined,
    at = this.service,
  ): Promise<FormAnswer> {
    const fields = {
      grant_type: 'authorization_code',
      client_id: this.clientId,
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    };
    return await postForm(at, '/oauth/token', fields, proof === undefined ? {} : { dpop: proof });
  }

  async refreshed(token: unknown, proof: string | undefined, at = this.service): Promise<FormAnswer> {
    const fields = {
      grant_type: 'refresh_token',
      client_id: this.clientId,
      refresh_token: String(token),
    };
    return await postForm(at, '/oauth/token', fields, proof === undefined ? {} : { dpop: proof });
  }
}

/** Thumbprint of the key that the access token of an answer is bound to. */
export const boundTo = ({ body }: FormAnswer): unknown =>
  (decodeJwt(String(body['access_token']))['cnf'] as Readonly<Record<string, unknown>> | undefined)?.['jkt'];
