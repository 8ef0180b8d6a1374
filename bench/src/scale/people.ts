import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import { request } from 'undici';

export interface Person {
  readonly login: string;
  readonly accessToken: string;
  refreshToken: string;
  /** Their session, which the token names. */
  readonly tsid: string;
}

/** The authorization server limits each address; here it believes what the load says about where people are. */
export const withPeopleApart = (yaml: string): string =>
  yaml.replace('authServer:\n', 'authServer:\n  trustedProxies: [127.0.0.1]\n');

let addresses = 0;

/** An address that nobody has had. */
const nextAddress = (): string => {
  addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
};

/** What the next person's requests say about where they come from. */
export const fromElsewhere = (): Readonly<Record<string, string>> => ({ 'x-forwarded-for': nextAddress() });

export async function signInOne(client: OAuthClient, login: string): Promise<Person> {
  const browser = newBrowser(undefined, fromElsewhere());
  try {
    const { accessToken, refreshToken } = await client.signIn(login, browser);
    return { login, accessToken, refreshToken, tsid: tsidIn(accessToken) };
  } finally {
    await browser.close();
  }
}

export async function signInMany(client: OAuthClient, count: number): Promise<readonly Person[]> {
  const people: Person[] = [];
  for (let index = 0; index < count; index += 1) people.push(await signInOne(client, `person-${index}`));
  return people;
}

/** Renews a person's tokens as their client does. @returns what is wrong with the answer. */
export async function renew(client: OAuthClient, person: Person): Promise<string | undefined> {
  const { statusCode, body } = await request(client.metadata.token_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...fromElsewhere() },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: person.refreshToken,
      client_id: client.clientId,
      resource: client.resource,
    }).toString(),
  });
  const answer = (await body.json()) as { readonly refresh_token?: string; readonly error?: string };
  if (answer.refresh_token === undefined) return `${statusCode} ${answer.error ?? ''}`;
  person.refreshToken = answer.refresh_token;
  return undefined;
}

function tsidIn(accessToken: string): string {
  const [, claims = ''] = accessToken.split('.');
  const { tsid } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly tsid: string };
  return tsid;
}
