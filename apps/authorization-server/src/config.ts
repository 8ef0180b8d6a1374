import type { AuthorizationServerPart } from '@gatehouse/config/parts';

/** Injection token of the service's part of the configuration. */
export const CONFIG = Symbol('authorization server configuration');
export type Config = AuthorizationServerPart;
