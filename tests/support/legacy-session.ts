const PROTOCOL_VERSION = '2025-06-18';

export interface LegacyAnswer {
  readonly status: number;
  readonly sessionId: string | null;
  readonly text: string;
}

/** What a client of an older protocol revision sends, by hand: it has a session at the proxy (`Mcp-Session-Id`). */
async function legacyRequest(
  url: string,
  accessToken: string,
  message: object,
  sessionId?: string,
): Promise<LegacyAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(sessionId === undefined
        ? {}
        : { 'mcp-session-id': sessionId, 'mcp-protocol-version': PROTOCOL_VERSION }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
  const text = await response.text();
  return { status: response.status, sessionId: response.headers.get('mcp-session-id'), text };
}

/** Begins a session. */
export async function initialize(url: string, accessToken: string): Promise<LegacyAnswer> {
  const params = {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: {},
    clientInfo: { name: 'legacy', version: '1' },
  };
  return await legacyRequest(url, accessToken, { id: 1, method: 'initialize', params });
}

/** Calls `<backend>_whoami` in the session. */
export const legacyWhoAmI = async (
  url: string,
  accessToken: string,
  backend: string,
  sessionId: string,
): Promise<LegacyAnswer> =>
  await legacyRequest(
    url,
    accessToken,
    { id: 2, method: 'tools/call', params: { name: `${backend}_whoami`, arguments: {} } },
    sessionId,
  );
