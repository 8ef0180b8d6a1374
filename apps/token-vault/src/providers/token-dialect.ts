import {
  MAPPED_MEMBERS,
  type MappedMember,
  type TokenResponseMapping,
} from '@gatehouse/config/model/provider-dialect';
import { valueAt } from './answer-fields.js';
import { parseAnswer } from './identity.js';

/** What a token request redeems. */
export type Grant = 'code' | 'refresh';

type Answer = Readonly<Record<string, unknown>>;

const NAMES: ReadonlySet<string> = new Set(Object.values(MAPPED_MEMBERS));

/**
 * A token answer with its members where RFC 6749 section 5.1 has them. What comes where no mapping looks is not the token that
 * was asked for: after a code it is put aside, so that nobody takes it for one and it can still be given back. A refresh
 * renews what its refresh token stands for, so there the answer may come unmapped, too (Slack).
 */
export function mappedAnswer(body: string, mapping: TokenResponseMapping, grant: Grant): string {
  const { accessToken } = mapping;
  const answer = accessToken === undefined ? undefined : parseAnswer(body);
  if (accessToken === undefined || answer === undefined) return body;
  if (isFilled(valueAt(answer, accessToken)))
    return JSON.stringify({ ...without(answer), ...mapped(answer, mapping) });
  const aside = tokenMembers(answer);
  return grant === 'refresh' || Object.keys(aside).length === 0
    ? body
    : JSON.stringify({ ...without(answer), aside });
}

const isMapped = (member: string): member is MappedMember => Object.hasOwn(MAPPED_MEMBERS, member);

function mapped(answer: Answer, mapping: TokenResponseMapping): Answer {
  const found = Object.entries(mapping).flatMap(([member, path]) => {
    const value = isMapped(member) ? valueAt(answer, path) : undefined;
    return isMapped(member) && isFilled(value) ? [[MAPPED_MEMBERS[member], value] as const] : [];
  });
  return Object.fromEntries(found);
}

const without = (answer: Answer): Answer =>
  Object.fromEntries(Object.entries(answer).filter(([name]) => !NAMES.has(name)));

const tokenMembers = (answer: Answer): Answer =>
  Object.fromEntries(Object.entries(answer).filter(([name]) => NAMES.has(name)));

const isFilled = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** A token request's form as JSON. @returns `undefined` when it is no form. */
export const jsonRequest = (body: unknown): string | undefined =>
  body instanceof URLSearchParams ? JSON.stringify(Object.fromEntries(body)) : undefined;
