import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { of, type Observable } from 'rxjs';
import { isVisit } from './visit.js';
import type { Shown } from './shown.js';

/** For routes on which a `GET` does something that works once. Only a person's navigation comes as far as the handler. */
@Injectable()
export class OnlyVisits implements NestInterceptor<Shown, Shown> {
  intercept(context: ExecutionContext, next: CallHandler<Shown>): Observable<Shown> {
    const { raw } = context.switchToHttp().getRequest<FastifyRequest>();
    return isVisit(raw) ? next.handle() : of({ kind: 'empty', status: 503 });
  }
}
