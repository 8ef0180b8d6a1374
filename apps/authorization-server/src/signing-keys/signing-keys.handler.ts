import { Controller } from '@nestjs/common';
import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import { Answers } from '@gatehouse/messaging/answers';
import type { z } from 'zod';
import { SigningKeys } from './signing-keys.js';

@Controller()
export class SigningKeysHandler {
  constructor(private readonly keys: SigningKeys) {}

  @Answers(signingKeysCurrent)
  current(): Promise<z.input<typeof signingKeysCurrent.reply>> {
    return Promise.resolve({ keys: this.keys.goodJwks.map((key) => ({ ...key })) });
  }
}
