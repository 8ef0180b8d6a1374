import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import type { FieldMapping } from '@gatehouse/config/model/upstream-provider';
import { isStorableText, storableText } from '@gatehouse/kernel/storable-text';
import { firstTextOf } from './answer-fields.js';

const MAX_LENGTH = 512;

function identityOf(
  subject: string | undefined,
  name?: string,
  email?: string,
): UpstreamIdentity | undefined {
  // A subject that is cut or mended could be somebody else's.
  if (subject === undefined || subject.length > MAX_LENGTH || !isStorableText(subject)) return undefined;
  // The cut may split a character.
  const shown = storableText((name ?? '').slice(0, MAX_LENGTH));
  return {
    subject,
    ...(shown === '' ? {} : { name: shown }),
    ...(email === undefined || email.length > MAX_LENGTH || !isStorableText(email) ? {} : { email }),
  };
}

/** The person whom an answer describes; `undefined` when it names no subject. */
export const identityFromFields = (
  answer: Readonly<Record<string, unknown>>,
  mapping: FieldMapping,
): UpstreamIdentity | undefined =>
  identityOf(
    firstTextOf(answer, mapping.subjectFields),
    firstTextOf(answer, mapping.nameFields),
    firstTextOf(answer, mapping.emailFields),
  );

/** The subject is one top-level claim that must be a non-empty text; `profile` fills in what the id_token leaves out. */
export function identityFromClaims(
  claims: Readonly<Record<string, unknown>>,
  subjectClaim: string,
  profile: Readonly<Record<string, unknown>> = {},
): UpstreamIdentity | undefined {
  const subject = Object.hasOwn(claims, subjectClaim) ? claims[subjectClaim] : undefined;
  const known = { ...profile, ...claims };
  return identityOf(
    typeof subject === 'string' && subject !== '' ? subject : undefined,
    firstTextOf(known, ['name', 'preferred_username']),
    firstTextOf(known, ['email']),
  );
}

/**
 * Parses JSON and keeps all digits of large integers (as text): two users with ids beyond 2^53 must not become one.
 * @returns `undefined` when it is no JSON object.
 */
export function parseAnswer(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text, (_key, parsed: unknown, context?: { source?: string }) =>
      typeof parsed === 'number' && !Number.isSafeInteger(parsed) ? context?.source : parsed,
    );
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
