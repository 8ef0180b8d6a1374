import { Controller } from '@nestjs/common';
import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { Answers } from '@gatehouse/messaging/answers';
import type { z } from 'zod';
import { BusKeys } from './bus-keys.flow.js';

@Controller()
export class BusKeyHandler {
  constructor(private readonly busKeys: BusKeys) {}

  @Answers(busKeyCurrent)
  async current(): Promise<z.input<typeof busKeyCurrent.reply>> {
    return await this.busKeys.current();
  }
}
