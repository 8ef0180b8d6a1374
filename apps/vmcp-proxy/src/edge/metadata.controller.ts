import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { Controller, Get, Header, HttpCode, Inject, NotFoundException, Options, Req } from '@nestjs/common';
import { CONFIG } from '@gatehouse/service-process/injected';
import { EndpointPaths } from './endpoint-paths.js';
import {
  METADATA_ROOT,
  protectedResourceMetadata,
  type ProtectedResourceMetadata,
} from './protected-resource.js';

/** RFC 9728: at the path that goes with each resource, and at the root, that of `/mcp`, for clients that look there. */
@Controller()
export class MetadataController {
  constructor(
    @Inject(CONFIG) private readonly part: VmcpProxyPart,
    private readonly paths: EndpointPaths,
  ) {}

  @Get([METADATA_ROOT, `${METADATA_ROOT}/*`])
  @Header('access-control-allow-origin', '*')
  @Header('cache-control', 'public, max-age=300')
  metadata(@Req() request: { readonly url: string }): ProtectedResourceMetadata {
    const resource = this.paths.resourceAt(request.url);
    const metadata = resource === undefined ? undefined : protectedResourceMetadata(this.part, resource);
    if (metadata === undefined) throw new NotFoundException();
    return metadata;
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
