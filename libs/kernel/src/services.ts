/** The services that Gatehouse is made of, each a process of its own. */
export const SERVICES = ['authorization-server', 'token-vault', 'vmcp-proxy'] as const;
export type Service = (typeof SERVICES)[number];
