import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { FastifyRequest } from 'fastify';
import type { RegistrationRules } from '../clients/registration-policy.js';
import type { SigningKeys } from '../signing-keys/signing-keys.js';
import { bodyOf } from './library-answers.js';

export const SWITCHED_OFF = {
  error: 'not_found',
  error_description: 'Dynamic registration is switched off here.',
};

/** What holds for a registration, and for each change of one. */
export const registrationRules = (
  config: AuthorizationServerPart,
  { algorithms }: Pick<SigningKeys, 'algorithms'>,
): RegistrationRules => ({ ...config, ...config.clientRegistration, idTokenAlgs: algorithms });

/** @returns `undefined` for what is no JSON. */
export function jsonOf(request: FastifyRequest): unknown {
  if (!/^application\/json(;|$)/i.test(request.headers['content-type'] ?? '')) return undefined;
  try {
    return JSON.parse(bodyOf(request)?.toString('utf8') ?? '') as unknown;
  } catch {
    return undefined;
  }
}
