import type { TokenType } from '@gatehouse/kernel/token-types';

/** Who acts for the person (RFC 8693 section 1.1): whose token is shown beside theirs. */
export type Actor =
  | {
      /** The same person's token of another provider. */
      readonly from: 'provider';
      readonly providerName: string;
      readonly token: TokenType;
      /** As of a subject. */
      readonly mustLive?: true;
    }
  | {
      /** The gateway's own, issued at the endpoint of the exchange to the client of the exchange (RFC 6749 section 4.4). */
      readonly from: 'clientCredentials';
      readonly token: TokenType;
      readonly audience?: string;
      readonly scopes: readonly string[];
    };
