import type { AuthorizationServerPart } from '@gatehouse/config/parts';

/** Whether a client is known by the configuration, or by a document: no registration of it can end. */
export const hasNoRegistration = (
  clientId: string,
  { clientRegistration: { clients } }: Pick<AuthorizationServerPart, 'clientRegistration'>,
): boolean => URL.canParse(clientId) || clients.some((client) => client.clientId === clientId);
