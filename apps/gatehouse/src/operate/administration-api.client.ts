import { readFileSync } from 'node:fs';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { Secret } from '@gatehouse/kernel/secret';
import { safeFetch, type SafeRequest, type SafeResponse } from '@gatehouse/safe-fetch/safe-fetch';
import { z } from 'zod';
import { Cannot } from '../cannot.js';
import { refuseClearText } from '../clear-text.js';
import type { Environment } from '../configuration.js';
import { reasonOf } from '../reason.js';
import { shownText } from '../shown-text.js';

/** How the administrator's API of a gateway is reached (docs/administration.md). */
export interface ApiAccess {
  /** `authServer.administration.url` of its configuration. */
  readonly api: string;
  /** Holds an access token for it. */
  readonly tokenFile?: string;
  readonly insecureAllowHttp: boolean;
}

const TOKEN_VARIABLE = 'GATEHOUSE_ADMIN_TOKEN';
const CLIENT_VARIABLES = ['GATEHOUSE_ADMIN_CLIENT_ID', 'GATEHOUSE_ADMIN_CLIENT_SECRET'] as const;

const TIMEOUT_MS = 30 * SECOND_MS;
const MAX_ANSWER_BYTES = 16 * 1_048_576;
const MAX_PAGE = 200;

const problem = z.object({ code: z.string(), detail: z.string() });
const resourceMetadata = z.object({ resource: z.string(), authorization_servers: z.tuple([z.string()]) });
const serverMetadata = z.object({ issuer: z.string(), token_endpoint: z.url() });
const tokenAnswer = z.object({ access_token: z.string().min(1) });
const tokenRefusal = z.object({ error: z.string() });

export interface Listed<Item> {
  readonly items: readonly Item[];
  /** There are more than were asked for. */
  readonly more: boolean;
}

/** The administrator's API of a gateway, called with one token. */
export class AdministrationApi {
  private constructor(
    private readonly origin: string,
    private readonly token: Secret,
  ) {}

  /** @throws {Cannot} when there is no token for it */
  static async reach(access: ApiAccess, environment: Environment): Promise<AdministrationApi> {
    const { api, insecureAllowHttp } = access;
    const origin = URL.canParse(api) ? new URL(api).origin : '';
    if (!/^https?:/.test(origin) || ![origin, `${origin}/`].includes(api))
      throw new Cannot(
        '--api takes authServer.administration.url of the gateway: --api https://admin.gatehouse.example.com',
        'usage',
      );
    refuseClearText(origin, insecureAllowHttp);
    return new AdministrationApi(origin, await tokenFor(origin, access, environment));
  }

  async get<Shape extends z.ZodType>(path: string, shape: Shape, what: string): Promise<z.output<Shape>> {
    const response = await this.#call('GET', path);
    if (response.status === 404) throw new Cannot(`There is no ${what}. See which there are in the list.`);
    return read(shape, response, this.origin);
  }

  /** Pages of a list, until there are as many as wanted. @param from of the first page: its `after` */
  async list<Item extends z.ZodType>(
    path: string,
    item: Item,
    limit: number,
    from?: string,
  ): Promise<Listed<z.output<Item>>> {
    const shape = z.object({ items: z.array(item), next: z.string().nullable() });
    const items: z.output<Item>[] = [];
    let after = from;
    for (;;) {
      const query = new URLSearchParams({ limit: String(Math.min(MAX_PAGE, limit - items.length)) });
      if (after !== undefined) query.set('after', after);
      const page = await this.get(`${path}${path.includes('?') ? '&' : '?'}${query.toString()}`, shape, path);
      items.push(...page.items);
      if (page.next === null || page.items.length === 0) return { items, more: false };
      if (items.length >= limit) return { items, more: true };
      after = page.next;
    }
  }

  /** @returns false: it was not there. */
  async end(path: string): Promise<boolean> {
    const { status } = await this.#call('DELETE', path);
    return status !== 404;
  }

  /** @returns false: there is nothing of which it could be set. */
  async put(path: string, body: object): Promise<boolean> {
    const { status } = await this.#call('PUT', path, JSON.stringify(body));
    return status !== 404;
  }

  /** @throws {Cannot} unless it did what it was asked for, or there is no such thing */
  async #call(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: string): Promise<SafeResponse> {
    const authorization = `Bearer ${this.token.reveal()}`;
    const response = await exchange({
      url: this.origin + path,
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    });
    if (response.status < 300 || response.status === 404) return response;
    const said = problem.safeParse(json(response)).data;
    const why = said === undefined ? String(response.status) : shownText(`${said.code}: ${said.detail}`);
    if (response.status === 401 || response.status === 403)
      throw new Cannot(
        `${this.origin} does not take the token (${why}). Give one that is for this API, has the scope gatehouse:admin, has not ended and is not bound to a key.`,
        'configuration',
      );
    if (response.status === 400 && method === 'PUT')
      throw new Cannot(`${this.origin} refuses it (${why}). Write what there is.`, 'usage');
    throw new Cannot(
      `${this.origin} did not do it (${why}). Look at the log of the authorization server.`,
      response.status >= 500 ? 'tryAgain' : response.status === 409 ? 'configuration' : 'failed',
    );
  }
}

async function tokenFor(
  origin: string,
  { tokenFile, insecureAllowHttp }: ApiAccess,
  environment: Environment,
): Promise<Secret> {
  if (tokenFile !== undefined) return textIn(tokenFile);
  const given = (environment[TOKEN_VARIABLE] ?? '').trim();
  if (given !== '') return new Secret(given);
  const [id = '', secret = ''] = CLIENT_VARIABLES.map((name) => (environment[name] ?? '').trim());
  if (id === '' || secret === '')
    throw new Cannot(
      `A token for ${origin} is needed: in a file (--token-file), in ${TOKEN_VARIABLE}, or from the gateway for the client in ${CLIENT_VARIABLES.join(' and ')}.`,
      'usage',
    );
  return await ownToken(origin, insecureAllowHttp, { id, secret: new Secret(secret) });
}

/** The secret goes to the authorization server that the API names, and only if it names itself as it was called. */
async function ownToken(
  origin: string,
  insecureAllowHttp: boolean,
  { id, secret }: { readonly id: string; readonly secret: Secret },
): Promise<Secret> {
  const { resource, authorization_servers } = await documentAt(
    `${origin}/.well-known/oauth-protected-resource`,
    resourceMetadata,
  );
  // RFC 9728, section 3.3.
  if (resource !== origin)
    throw new Cannot(
      `${origin} is called ${shownText(resource)} by its gateway. Write that as --api; a token that you have already is taken from GATEHOUSE_ADMIN_TOKEN here as well.`,
      'configuration',
    );
  const [issuer] = authorization_servers;
  if (!URL.canParse(issuer))
    throw new Cannot(
      `${origin} names no authorization server. Write authServer.administration.url of the gateway as --api.`,
    );
  refuseClearText(issuer, insecureAllowHttp);
  const { origin: host, pathname } = new URL(issuer);
  // RFC 8414, sections 3.1 and 3.3.
  const place = `${host}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`;
  const server = await documentAt(place, serverMetadata);
  if (server.issuer !== issuer)
    throw new Cannot(
      `${place} is of another authorization server. Correct the issuer of the gateway, or what is in front of it.`,
    );
  refuseClearText(server.token_endpoint, insecureAllowHttp);
  const response = await exchange({
    url: server.token_endpoint,
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${basic(id, secret)}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource }).toString(),
  });
  if (response.status === 200) return new Secret(read(tokenAnswer, response, issuer).access_token);
  const refused = tokenRefusal.safeParse(json(response)).data?.error ?? String(response.status);
  throw new Cannot(
    `${issuer} gives the client ${shownText(id)} no token for ${origin}: ${shownText(refused, [secret.reveal()])}. See its clientCredentials in the configuration.`,
    response.status >= 500 ? 'tryAgain' : 'configuration',
  );
}

/** RFC 6749, section 2.3.1: both are form-encoded first. */
function basic(id: string, secret: Secret): string {
  const encoded = [id, secret.reveal()].map((value) =>
    new URLSearchParams({ '': value }).toString().slice(1),
  );
  return Buffer.from(encoded.join(':')).toString('base64');
}

function textIn(file: string): Secret {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch {
    throw new Cannot(`${file} cannot be read. Name a file with the token, or /dev/stdin.`, 'noInput');
  }
  if (text === '')
    throw new Cannot(`${file} has no token. Write the access token into it, and nothing else.`, 'noInput');
  return new Secret(text);
}

const documentAt = async <Shape extends z.ZodType>(url: string, shape: Shape): Promise<z.output<Shape>> =>
  read(shape, await exchange({ url, headers: { accept: 'application/json' } }), url);

async function exchange(request: SafeRequest): Promise<SafeResponse> {
  try {
    return await safeFetch(request, {
      // One's own servers. Clear text was refused before, where it may not be.
      allowPrivateIps: true,
      insecureAllowHttp: true,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
    });
  } catch (error) {
    throw new Cannot(
      `${new URL(request.url).origin} does not answer: ${shownText(reasonOf(error))}. See whether it runs and can be reached from here.`,
      'tryAgain',
    );
  }
}

function json({ body }: SafeResponse): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function read<Shape extends z.ZodType>(shape: Shape, response: SafeResponse, where: string): z.output<Shape> {
  const parsed = shape.safeParse(json(response));
  if (response.status === 200 && parsed.success) return parsed.data;
  throw new Cannot(
    `${where} answers something else (${response.status}) than this command knows. See whether the gateway and this command are of one release.`,
  );
}
