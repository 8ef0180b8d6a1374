import type { TokenVaultPart } from '@gatehouse/config/parts';

export type VaultConfig = TokenVaultPart;

/** Injection token of the vault's part of the configuration. */
export const VAULT_CONFIG = Symbol('VAULT_CONFIG');
/** Injection token of the clock. */
export const CLOCK = Symbol('CLOCK');
