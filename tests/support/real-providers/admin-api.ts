interface AdminRequest {
  readonly method: string;
  readonly token?: string;
  readonly body?: unknown;
}

/** One request to the admin API of a provider. @throws unless it answers 2xx. */
export async function asJson(url: string, { method, token, body }: AdminRequest): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
