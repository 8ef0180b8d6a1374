import type { PolicySource } from './call-policies.js';
import type { ClaimMappings } from './claim-mappings.js';

/**
 * Who may sign in: Cedar policies over what the primary provider says of a person. Absent in the model: everybody whom that provider
 * lets in.
 */
export interface Access {
  /** Where the provider says it. */
  readonly from: ClaimMappings['from'];
  /** As they are written. Absent: the part that was loaded decides about nobody. */
  readonly policies?: readonly PolicySource[];
  /** Claims of the provider that name groups: names, or paths. */
  readonly groupClaims: readonly string[];
  /** Type of the entities that those groups are. */
  readonly groupEntityType: string;
  /** Whom people ask who may not sign in, as their page shows it. */
  readonly contact?: string;
}

/** What decides, with the provider whose word counts. */
export interface AccessRules extends Omit<Access, 'contact' | 'policies'> {
  readonly provider: string;
  readonly policies: readonly PolicySource[];
}
