import { request } from 'undici';

export interface Administered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const CLIENT_ID = 'operations';
const SCOPE = 'gatehouse:admin';

/** Whoever calls the administrator's API of a world. */
export class Administrator {
  /** Of the authorization server, which takes it from its environment. */
  static readonly secretVariable = 'OPERATIONS_SECRET';
  static readonly secret = 'a-secret-of-a-client-that-administers';

  private constructor(
    private readonly url: string,
    private readonly accessToken: string,
  ) {}

  /** The demonstration's configuration with the API, at this port of each replica. */
  static allowedIn(yaml: string, port: number): string {
    const client = `{ clientId: ${CLIENT_ID}, clientName: Operations, clientSecret: { env: ${this.secretVariable} }, clientCredentials: { resources: [http://localhost:${port}], scopes: ['${SCOPE}'] } }`;
    return yaml
      .replace('authServer:\n', `authServer:\n  administration: { port: ${port} }\n`)
      .replace('clientRegistration: { ', `clientRegistration: { clients: [${client}], `);
  }

  /** With a token of the client of that configuration. */
  static async of(issuer: string, port: number): Promise<Administrator> {
    const url = `http://localhost:${port}`;
    const response = await fetch(`${issuer}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${this.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: url }),
    });
    const { access_token: token = '' } = (await response.json()) as { readonly access_token?: string };
    return new Administrator(url, token);
  }

  /** `fetch` says that it is a browser, and is refused. */
  async call(method: 'GET' | 'DELETE', path: string): Promise<Administered> {
    const { statusCode, body } = await request(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.accessToken}` },
    });
    const text = await body.text();
    return { status: statusCode, body: text === '' ? {} : (JSON.parse(text) as Administered['body']) };
  }
}
