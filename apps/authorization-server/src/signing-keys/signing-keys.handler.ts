import { Controller } from '@nestjs/common';
import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Answers } from '@gatehouse/messaging/answers';
import type { z } from 'zod';
import { SigningKeys } from './signing-keys.js';
import { WatchSigningKeys } from './watch-signing-keys.job.js';

@Controller()
export class SigningKeysHandler {
  constructor(
    private readonly keys: SigningKeys,
    private readonly watch: WatchSigningKeys,
  ) {}

  @Answers(signingKeysCurrent)
  async current(): Promise<z.input<typeof signingKeysCurrent.reply>> {
    // Who asks keeps the keys that it knows, and asks again.
    if (this.watch.isBlind) throw new GatehouseError('unavailable', 'the signing keys cannot be read');
    return await Promise.resolve({ keys: this.keys.goodJwks.map((key) => ({ ...key })) });
  }
}
