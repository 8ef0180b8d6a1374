import { CLAIMED_CALLER, PROBE_HEADER, type ArrivedProbe } from '@gatehouse/kernel/doctor-probe';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { peerUnless } from '@gatehouse/service-process/trusted-proxies';

const MARK = /^[A-Za-z0-9_-]{43}$/;

/** Anybody can send a mark: the last ones are kept, and only those who run the service can ask for them. */
const MOST_KEPT = 16;

/** Remembers how marked requests arrived, for `gatehouse doctor` (docs/doctor.md). The request itself is answered like any other. */
export class DoctorProbes {
  /** The oldest first. */
  #arrived: readonly (readonly [string, ArrivedProbe])[] = [];
  readonly #peerOf: ReturnType<typeof peerUnless>;

  constructor({ trustedProxies }: Pick<AuthorizationServerPart, 'trustedProxies'>) {
    this.#peerOf = peerUnless(trustedProxies);
  }

  /** Fastify's hook. */
  readonly onRequest = ({ raw }: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
    const mark = raw.headers[PROBE_HEADER];
    if (typeof mark === 'string' && MARK.test(mark)) this.#keep(mark, raw);
    done();
  };

  /** Those that are kept, by their marks. */
  status(): Readonly<Record<string, ArrivedProbe>> {
    return Object.fromEntries(this.#arrived);
  }

  #keep(mark: string, { headers, socket }: FastifyRequest['raw']): void {
    const given = [headers['x-forwarded-for'] ?? []].flat().join(',').trim();
    const arrived: ArrivedProbe = {
      forwardedFor: given === '' ? 'none' : given === CLAIMED_CALLER ? 'as_sent' : 'changed',
      believed: socket.remoteAddress !== undefined && this.#peerOf(socket) === undefined,
    };
    this.#arrived = [...this.#arrived.slice(1 - MOST_KEPT), [mark, arrived]];
  }
}
