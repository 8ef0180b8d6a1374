import { createHmac } from 'node:crypto';
import type { Clock } from '@gatehouse/kernel/clock';
import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import { z } from 'zod';

const wanted = z.object({
  clientId: z.string().optional(),
  clientName: z.string().optional(),
  /** Whose session the client's identity token was of, and which. */
  accountId: z.string().optional(),
  sid: z.string().optional(),
  /** Registered by the client. */
  redirectUri: z.string().optional(),
  state: z.string().optional(),
});

/** What a client wants that signs its person out, after every check. */
export type WantedLogout = Readonly<z.output<typeof wanted>>;

const ticket = wanted.extend({ untilMs: z.number() });

/** As long as somebody looks at the question. */
const TTL_MS = 30 * MINUTE_MS;

/**
 * A checked request on its way through the browser, so that no replica has to keep it, and no identity token stays in an address.
 * It says nothing that is secret, and does nothing by itself: the person is asked.
 */
export class LogoutTickets {
  constructor(
    private readonly key: Secret,
    private readonly clock: Clock,
  ) {}

  issue(logout: WantedLogout): string {
    const body = JSON.stringify({ ...logout, untilMs: this.clock.nowMs() + TTL_MS });
    const encoded = Buffer.from(body).toString('base64url');
    return `${encoded}.${this.#mac(encoded)}`;
  }

  /** @returns `undefined` unless it is one of ours that is still good. */
  open(presented: string): WantedLogout | undefined {
    const [encoded = '', mac = ''] = presented.split('.');
    if (!equalsInConstantTime(mac, this.#mac(encoded))) return undefined;
    const { untilMs, ...logout } = ticket.parse(JSON.parse(Buffer.from(encoded, 'base64url').toString()));
    return untilMs < this.clock.nowMs() ? undefined : logout;
  }

  #mac(encoded: string): string {
    return createHmac('sha256', this.key.reveal()).update(encoded).digest('base64url');
  }
}
