import { Controller, Get, Inject } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { ForPeople } from '../http/for-people.decorator.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import { homePage } from './home-page.js';

/** The gateway's own address. */
@Controller()
@ForPeople()
export class HomeController {
  constructor(
    private readonly urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'resourceUrl'>,
  ) {}

  @Get()
  home(): Shown {
    const page = homePage({ endpoint: this.config.resourceUrl, site: this.urls.site });
    return { kind: 'page', page };
  }
}
