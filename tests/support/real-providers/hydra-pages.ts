import type { ServerResponse } from 'node:http';
import { HttpStub, type StubRequest } from '@gatehouse/testing/http-stub';
import { asJson } from './admin-api.js';
import type { Member } from './real-provider.js';

type Step = 'login' | 'consent';

interface ConsentRequest {
  readonly requested_scope: readonly string[];
  readonly requested_access_token_audience: readonly string[];
}

/** The login and consent application that Ory Hydra leaves to its operator. */
export class HydraPages extends HttpStub {
  members: readonly Member[] = [];

  constructor(private readonly admin: string) {
    super();
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const step = request.url.pathname === '/consent' ? 'consent' : 'login';
    if (request.method === 'POST') await this.#take(step, new URLSearchParams(request.body), response);
    else showForm(step, request.url.searchParams.get(`${step}_challenge`) ?? '', response);
  }

  async #take(step: Step, form: URLSearchParams, response: ServerResponse): Promise<void> {
    const challenge = form.get('challenge') ?? '';
    const accepted = step === 'login' ? this.#login(form) : await this.#consent(challenge);
    if (accepted === undefined) {
      showForm(step, challenge, response);
      return;
    }
    const url = this.#url(step, challenge, '/accept');
    const answer = (await asJson(url, { method: 'PUT', body: accepted })) as { redirect_to: string };
    response.writeHead(303, { location: answer.redirect_to }).end();
  }

  #login(form: URLSearchParams): object | undefined {
    const member = this.members.find(({ login }) => login === form.get('login'));
    return member !== undefined && member.password === form.get('password')
      ? { subject: member.login }
      : undefined;
  }

  async #consent(challenge: string): Promise<object> {
    const asked = (await asJson(this.#url('consent', challenge), { method: 'GET' })) as ConsentRequest;
    return {
      grant_scope: asked.requested_scope,
      grant_access_token_audience: asked.requested_access_token_audience,
    };
  }

  #url(step: Step, challenge: string, action = ''): string {
    return `${this.admin}/oauth2/auth/requests/${step}${action}?${step}_challenge=${encodeURIComponent(challenge)}`;
  }
}

const FIELDS: Readonly<Record<Step, string>> = {
  login: '<input name="login"><input name="password" type="password"><button>Log in</button>',
  consent: '<button>Allow</button>',
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

function showForm(step: Step, challenge: string, response: ServerResponse): void {
  const page = `<!doctype html><title>${step}</title><form method="post" action="/${step}"><input type="hidden" name="challenge" value="${escaped(challenge)}">${FIELDS[step]}</form>`;
  response.writeHead(200, { 'content-type': 'text/html' }).end(page);
}
