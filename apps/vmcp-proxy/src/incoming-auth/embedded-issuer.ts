import type { VmcpProxyPart } from '@gatehouse/config/parts';

/** Whether callers come with tokens of Gatehouse's own authorization server. */
export const isEmbedded = ({
  incomingAuth,
  authServer,
}: Pick<VmcpProxyPart, 'incomingAuth' | 'authServer'>): boolean =>
  incomingAuth.type === 'oidc' && authServer?.issuer === incomingAuth.oidc.issuer;
