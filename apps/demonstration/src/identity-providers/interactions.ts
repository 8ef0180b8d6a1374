import { errors, type default as Provider } from 'oidc-provider';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readForm, sendPage } from '../http/messages.js';
import { consentPage, loginPage, problemPage, type Look } from './pages.js';
import { personBySubject, signIn, type Directory } from './people.js';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

const PATH = /^\/interaction\/([\w-]{1,64})$/;

/** The login and consent pages of one provider, and what their buttons do. */
export class Interactions {
  readonly #provider: Provider;
  readonly #look: Look;
  readonly #directory: Directory;

  constructor(provider: Provider, look: Look, directory: Directory) {
    this.#provider = provider;
    this.#look = look;
    this.#directory = directory;
  }

  /** Whether a path belongs to these pages. */
  static owns(path: string): boolean {
    return PATH.test(path);
  }

  async serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    let interaction: Interaction;
    try {
      // The interaction cookie, not the path, says which request this browser is in the middle of.
      interaction = await this.#provider.interactionDetails(request, response);
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      this.#fail(response, 'This sign-in has expired or was begun in another browser.');
      return;
    }
    if (PATH.exec(path)?.[1] !== interaction.uid) this.#fail(response, 'This is another sign-in.');
    else if (request.method === 'GET') this.#show(response, interaction);
    else if (request.method === 'POST') await this.#decide(request, response, interaction);
    else response.writeHead(405, { allow: 'GET, POST' }).end();
  }

  #show(response: ServerResponse, interaction: Interaction): void {
    if (interaction.prompt.name === 'consent') this.#showConsent(response, interaction);
    else this.#showLogin(response, 200, interaction);
  }

  #showLogin(response: ServerResponse, status: number, interaction: Interaction, retry?: Retry): void {
    const hint = retry?.login ?? interaction.params['login_hint'];
    const page = loginPage(this.#look, {
      action: `/interaction/${interaction.uid}`,
      login: typeof hint === 'string' ? hint : '',
      ...(retry === undefined ? {} : { problem: retry.problem }),
    });
    sendPage(response, status, page);
  }

  #showConsent(response: ServerResponse, interaction: Interaction): void {
    const person = personBySubject(this.#directory, interaction.session?.accountId ?? '');
    const scope = interaction.params['scope'];
    const page = consentPage(this.#look, {
      action: `/interaction/${interaction.uid}`,
      client: 'Gatehouse',
      account: person?.email ?? '',
      scopes: typeof scope === 'string' ? scope.split(' ') : [],
    });
    sendPage(response, 200, page);
  }

  async #decide(request: IncomingMessage, response: ServerResponse, interaction: Interaction): Promise<void> {
    const form = await readForm(request);
    const decision = form.get('decision');
    if (decision === 'deny') {
      const error = { error: 'access_denied', error_description: 'the person said no' };
      return this.#provider.interactionFinished(request, response, error, { mergeWithLastSubmission: false });
    }
    if (interaction.prompt.name === 'login') return this.#signIn(request, response, interaction, form);
    if (decision !== 'allow') {
      this.#fail(response, 'Choose Allow or Deny.');
      return;
    }
    const consent = { grantId: await this.#grant(interaction) };
    return this.#provider.interactionFinished(
      request,
      response,
      { consent },
      { mergeWithLastSubmission: true },
    );
  }

  async #signIn(
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
    form: URLSearchParams,
  ): Promise<void> {
    const name = form.get('login') ?? '';
    const person = signIn(this.#directory, name, form.get('password') ?? '');
    if (person === undefined) {
      const problem = 'The login name or the password is not right.';
      this.#showLogin(response, 401, interaction, { login: name, problem });
      return;
    }
    const login = { accountId: person.subject, remember: true };
    const options = { mergeWithLastSubmission: false };
    const next = await this.#provider.interactionResult(request, response, { login }, options);
    const { session } = interaction;
    if (session !== undefined && session.accountId !== person.subject) await this.#vacate(session.uid);
    response.writeHead(303, { location: next }).end();
  }

  /**
   * Empties a browser session for the next person. oidc-provider would sign the previous one out by a page that needs
   * scripts, and would take the tokens of their clients away with it.
   */
  async #vacate(sessionUid: string): Promise<void> {
    const session = await this.#provider.Session.findByUid(sessionUid);
    if (session === undefined) return;
    session.accountId = undefined;
    session.authorizations = {};
    await session.persist();
  }

  /** Records what was asked for and is not granted yet, in the grant this browser session already has for the client. */
  async #grant(interaction: Interaction): Promise<string> {
    const { prompt, grantId, session, params } = interaction;
    const known = grantId === undefined ? undefined : await this.#provider.Grant.find(grantId);
    const grant =
      known ??
      new this.#provider.Grant({
        accountId: session?.accountId ?? '',
        clientId: typeof params['client_id'] === 'string' ? params['client_id'] : '',
      });
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details as MissingGrants;
    if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '));
    if (missingOIDCClaims !== undefined) grant.addOIDCClaims([...missingOIDCClaims]);
    for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {}))
      grant.addResourceScope(resource, scopes.join(' '));
    return grant.save();
  }

  #fail(response: ServerResponse, problem: string): void {
    sendPage(response, 400, problemPage(this.#look, problem));
  }
}

/** What the login page says after a failed attempt. */
interface Retry {
  readonly login: string;
  readonly problem: string;
}

/** The details of oidc-provider's consent prompt (its typings leave them open). */
interface MissingGrants {
  readonly missingOIDCScope?: readonly string[];
  readonly missingOIDCClaims?: readonly string[];
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
}
