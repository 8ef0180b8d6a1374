import { z } from 'zod';

/**
 * For what, by whom and to which client something was issued. It is kept with a leg and with its tokens: they go back to the
 * same issuer, as the same client, or nowhere (RFC 9700 section 4.4; MCP, authorization server binding). A provider whose
 * client is configured has none of this.
 */
export const issuedTo = z.strictObject({
  issuer: z.string().min(1),
  clientId: z.string().min(1),
  /** RFC 8707. Absent: it is no backend's own authorization server. */
  resource: z.string().min(1).exactOptional(),
  /** As they were asked for. */
  scopes: z.array(z.string()).readonly(),
});
export type IssuedTo = Readonly<z.output<typeof issuedTo>>;

/** What a backend's own authorization server issued. */
export interface IssuedForBackend extends IssuedTo {
  readonly resource: string;
}

export const isForBackend = (one: IssuedTo): one is IssuedForBackend => one.resource !== undefined;

/** Whether both were issued by the same issuer to the same client. What a configured client was issued has neither. */
export const isSameParty = (one: IssuedTo | undefined, other: IssuedTo | undefined): boolean =>
  one?.issuer === other?.issuer && one?.clientId === other?.clientId;
