import type { IncomingMessage } from 'node:http';
import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';

/** Whoever goes away in the middle of a request makes no failure of ours, and hears no answer. */
@Catch()
export class GoneClientFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<{ readonly raw: IncomingMessage }>();
    if (!isGone(request.raw)) super.catch(exception, host);
  }
}

/**
 * A request is also destroyed when it was read to its end, so its connection is what tells; one that was reset just now
 * has no address any more.
 */
export const isGone = ({ socket }: Pick<IncomingMessage, 'socket'>): boolean =>
  socket.destroyed || socket.remoteAddress === undefined;
