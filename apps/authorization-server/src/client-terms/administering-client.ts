import type { AuthorizationServerPart } from '@gatehouse/config/parts';

type Rules = Pick<AuthorizationServerPart, 'administration' | 'clientRegistration'>;

/** Whether people administer with a client: its sign-ins are for the administrator's API, and those of no other client are. */
export const administersWith = (
  clientId: string | null | undefined,
  { administration, clientRegistration: { clients } }: Rules,
): boolean =>
  administration?.access !== undefined &&
  clients.some((client) => client.clientId === clientId && client.administers === true);
