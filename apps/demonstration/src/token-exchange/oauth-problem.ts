/** An error answer of the token endpoint (RFC 6749, section 5.2; RFC 8693, section 2.2.2). */
export class OAuthProblem extends Error {
  override readonly name = 'OAuthProblem';
  readonly code: OAuthProblemCode;

  constructor(code: OAuthProblemCode, description: string) {
    super(description);
    this.code = code;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  invalid_scope: 400,
  invalid_target: 400,
  unsupported_grant_type: 400,
  temporarily_unavailable: 503,
} as const;

export type OAuthProblemCode = keyof typeof STATUS;
