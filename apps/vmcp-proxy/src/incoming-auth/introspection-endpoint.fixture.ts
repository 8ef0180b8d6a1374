import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IncomingOidc, Introspection } from '@gatehouse/config/model/incoming-auth';
import { Secret } from '@gatehouse/kernel/secret';

interface Answer {
  readonly status?: number;
  readonly body: string;
}

export interface Question {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly token: string;
}

/** An issuer whose tokens say nothing by themselves (RFC 7662). It answers what a test says, when a test says it. */
export class IntrospectionEndpoint {
  readonly questions: Question[] = [];
  answer: (token: string) => Answer | Promise<Answer> = () => ({ body: '{"active":false}' });
  #server: Server | undefined;
  issuer = '';

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      void this.#question(request).then(({ status = 200, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  async #question(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token') ?? '';
    this.questions.push({ url: request.url ?? '', authorization: request.headers.authorization, token });
    return await this.answer(token);
  }

  /** It says this of every token. */
  says(members: Readonly<Record<string, unknown>>): void {
    this.answer = () => ({ body: JSON.stringify(members) });
  }

  oidc(audience: string): IncomingOidc<Secret>['oidc'] & { readonly introspection: Introspection<Secret> } {
    return {
      issuer: this.issuer,
      audience,
      resourceUrl: audience,
      scopes: [],
      allowPrivateIps: true,
      insecureAllowHttp: true,
      introspection: {
        url: `${this.issuer}/introspect`,
        clientId: 'gate house',
        clientSecret: new Secret('a:secret+of/the client'),
      },
    };
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((done) =>
      this.#server === undefined ? done() : this.#server.close(() => done()),
    );
  }
}
