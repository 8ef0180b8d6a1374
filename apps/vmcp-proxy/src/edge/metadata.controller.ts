import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { Controller, Get, Header, HttpCode, Inject, NotFoundException, Options, Req } from '@nestjs/common';
import { CONFIG } from '@gatehouse/service-process/injected';
import { EndpointPaths, METADATA_ROOT, pathOf } from './endpoint-paths.js';
import { protectedResourceMetadata, type ProtectedResourceMetadata } from './protected-resource.js';

/** RFC 9728: at the path that goes with the resource, and at the root for clients that look there. */
@Controller()
export class MetadataController {
  readonly #metadata: ProtectedResourceMetadata | undefined;
  readonly #paths: ReadonlySet<string>;

  constructor(@Inject(CONFIG) part: VmcpProxyPart) {
    this.#metadata = protectedResourceMetadata(part);
    this.#paths = new EndpointPaths(part.publicUrl).metadata(this.#metadata?.resource ?? part.resourceUrl);
  }

  @Get([METADATA_ROOT, `${METADATA_ROOT}/*`])
  @Header('access-control-allow-origin', '*')
  @Header('cache-control', 'public, max-age=300')
  metadata(@Req() request: { readonly url: string }): ProtectedResourceMetadata {
    // The metadata of `/mcp/` is that of `/mcp`.
    if (this.#metadata === undefined || !this.#paths.has(pathOf(request.url))) throw new NotFoundException();
    return this.#metadata;
  }

  /** Clients in a browser send the MCP-Protocol-Version header along, which makes the browser ask first. */
  @Options([METADATA_ROOT, `${METADATA_ROOT}/*`])
  @HttpCode(204)
  @Header('access-control-allow-origin', '*')
  @Header('access-control-allow-methods', 'GET')
  @Header('access-control-allow-headers', '*')
  @Header('access-control-max-age', '600')
  preflight(): void {
    // The headers say it all.
  }
}
