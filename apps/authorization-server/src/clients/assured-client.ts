import { isLoopbackRedirect } from '@gatehouse/config/urls/client-uris';

export interface ClientFacts {
  readonly redirectUri: string;
  /** The client id is the URL of a document that says where its codes go. */
  readonly hasDocument: boolean;
  readonly authenticates: boolean;
}

/**
 * Whether only the client itself can be given its code. Any program on the user's machine can listen on a loopback port
 * or take a private-use scheme (RFC 8252, sections 8.3 and 8.6), and anybody can send the id of a public client. An https
 * address belongs to its owner, and who it belongs to is vouched for by the client's document or by its secret.
 */
export const isAssured = ({ redirectUri, hasDocument, authenticates }: ClientFacts): boolean =>
  /^https:/i.test(redirectUri) && !isLoopbackRedirect(redirectUri) && (hasDocument || authenticates);
