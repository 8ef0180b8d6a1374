import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { compactVerify, createLocalJWKSet } from 'jose';
import { z } from 'zod';
import { SigningKeys } from '../signing-keys/signing-keys.js';

const hint = z.looseObject({ iss: z.string(), sub: z.string(), aud: z.string(), sid: z.string().optional() });

export interface IdTokenHint {
  readonly accountId: string;
  readonly clientId: string;
  /** Absent in those of earlier releases. */
  readonly sid?: string;
}

/** Tokens of ours that are no identity tokens say so. */
const IDENTITY_TOKEN = [undefined, 'JWT'];

/** Identity tokens that come back (OpenID Connect RP-Initiated Logout 1.0, section 4). They prove who issued them, and nothing of who shows them. */
@Injectable()
export class IdTokenHints {
  readonly #keys: ReturnType<typeof createLocalJWKSet>;

  constructor(
    keys: SigningKeys,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'issuer'>,
  ) {
    this.#keys = createLocalJWKSet({ keys: [...keys.publicJwks] });
  }

  /** One that has expired counts as well: people sign out late. @returns `undefined` unless it is an identity token of ours. */
  async read(token: string): Promise<IdTokenHint | undefined> {
    try {
      const { payload, protectedHeader } = await compactVerify(token, this.#keys);
      const { iss, sub, aud, sid } = hint.parse(JSON.parse(new TextDecoder().decode(payload)));
      if (iss !== this.config.issuer || !IDENTITY_TOKEN.includes(protectedHeader.typ)) return undefined;
      return { accountId: sub, clientId: aud, ...(sid === undefined ? {} : { sid }) };
    } catch {
      return undefined;
    }
  }
}
