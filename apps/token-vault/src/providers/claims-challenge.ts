/** Of the parameter as it stands in a URL: the rest of an authorization request has to fit beside it. */
const MAX_ENCODED_LENGTH = 4_096;

/**
 * What an endpoint wants the person's next sign-in to show (OpenID Connect Core section 5.5; Entra's claims challenge), as a member of
 * its refusal. It is handed to the provider of the person as it came. Entra's is an object in JSON, inside a text.
 * @returns `undefined` for everything else: nothing is handed on that is not understood.
 */
export function claimsChallenge(member: unknown): string | undefined {
  if (typeof member !== 'string' || member.length > MAX_ENCODED_LENGTH) return undefined;
  try {
    const said: unknown = JSON.parse(member);
    if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined;
    if (Object.keys(said).length === 0) return undefined;
    // What was read is written again: no text of a stranger goes on that JSON does not need.
    const text = JSON.stringify(said);
    return new URLSearchParams({ claims: text }).toString().length > MAX_ENCODED_LENGTH ? undefined : text;
  } catch {
    // No JSON.
    return undefined;
  }
}
