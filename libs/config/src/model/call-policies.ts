/** Cedar policies that decide about calls and lists, as they are written. Absent in the model: everybody may do everything. */
export interface CallPolicies {
  readonly sources: readonly PolicySource[];
  /** JSON text of entities that the operator adds, and where it is written. */
  readonly entities?: PolicySource;
  /** Claims of the caller's token that name groups. */
  readonly groupClaims: readonly string[];
  /** In the place of the first of those, where a token does not have it: the first of these that it has. */
  readonly groupClaimFallbacks: readonly string[];
  /** Type of the entities that those groups are. */
  readonly groupEntityType: string;
}

/** A text, and the field that it is from. */
export interface PolicySource {
  readonly path: readonly (string | number)[];
  readonly text: string;
}
