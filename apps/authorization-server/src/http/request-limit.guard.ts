import {
  applyDecorators,
  Injectable,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { RequestLimited, RequestLimits, type LimitedKind } from './request-limits.js';

const KIND = 'request-limit';

/** Counts a route once more, as something that costs more than a page does. */
@Injectable()
class RequestLimitGuard implements CanActivate {
  constructor(
    private readonly limits: RequestLimits,
    private readonly reflector: Reflector,
  ) {}

  /** @throws {RequestLimited} when the caller has to wait. */
  canActivate(context: ExecutionContext): boolean {
    const kind = this.reflector.get<LimitedKind>(KIND, context.getHandler());
    const seconds = this.limits.waitSeconds(kind, context.switchToHttp().getRequest<FastifyRequest>());
    if (seconds > 0) throw new RequestLimited(seconds);
    return true;
  }
}

export const LimitedAs = (kind: LimitedKind) =>
  applyDecorators(SetMetadata(KIND, kind), UseGuards(RequestLimitGuard));
