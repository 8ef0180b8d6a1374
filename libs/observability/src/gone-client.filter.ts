import type { IncomingMessage } from 'node:http';
import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';

/** A client that closes its connection in the middle of a request is no failure of ours, and gets no response. */
@Catch()
export class GoneClientFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<{ readonly raw: IncomingMessage }>();
    if (!isGone(request.raw)) super.catch(exception, host);
  }
}

/**
 * A request that was read to its end is destroyed, too, so only the connection tells. A connection that was just reset
 * has no address any more.
 */
export const isGone = ({ socket }: Pick<IncomingMessage, 'socket'>): boolean =>
  socket.destroyed || socket.remoteAddress === undefined;
