import { Controller, Get, Header, Inject, NotFoundException, Param } from '@nestjs/common';
import { ownCallback } from '@gatehouse/config/urls/callbacks';
import {
  CLIENT_METADATA_PATH,
  ownClientMetadata,
  upstreamClientMetadata,
} from '@gatehouse/config/urls/upstream-client';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';

/**
 * Client ID Metadata Documents of this gateway itself: its URL is its client id at the authorization server of a backend that
 * demands its own OAuth. The vault sends that URL; servers fetch it here.
 */
@Controller(CLIENT_METADATA_PATH)
export class ClientMetadataController {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<AuthorizationServerPart, 'issuer' | 'publicUrl' | 'upstreamProviders'>,
  ) {}

  @Get(':provider')
  @Header('content-type', 'application/json')
  @Header('cache-control', 'public, max-age=3600')
  @Header('x-content-type-options', 'nosniff')
  document(@Param('provider') provider: string): object {
    const { issuer, publicUrl, upstreamProviders } = this.config;
    if (!upstreamProviders.some(({ name, type }) => name === provider && type === 'mcp'))
      throw new NotFoundException();
    const redirectUri = ownCallback(issuer, provider);
    return {
      client_id: ownClientMetadata(issuer, provider),
      ...upstreamClientMetadata({ publicUrl, provider, redirectUri }),
      token_endpoint_auth_method: 'none',
    };
  }
}
