/** The servers of the demonstration world, in the order of their ports. */
export const PARTS = ['acme-sso', 'octo', 'sts', 'repos', 'tickets'] as const;

export type PartName = (typeof PARTS)[number];

/** Parts that people sign in at. */
export type ProviderName = 'acme-sso' | 'octo';

/** Parts that issue tokens; the others consume them. */
export type IssuerName = ProviderName | 'sts';

export const isPartName = (value: string): value is PartName => (PARTS as readonly string[]).includes(value);
