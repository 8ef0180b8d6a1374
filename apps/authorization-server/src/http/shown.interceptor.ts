import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { bodyOf } from './reply.js';
import type { Shown } from './shown.js';

/** Sends what a route wants the browser to be shown. */
@Injectable()
export class ShownInterceptor implements NestInterceptor<Shown, string> {
  intercept(context: ExecutionContext, next: CallHandler<Shown>): Observable<string> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(map((shown) => bodyOf(reply, shown)));
  }
}
