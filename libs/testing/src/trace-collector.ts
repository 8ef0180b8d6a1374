import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';

/** One step of a trace, as a collector gets it (OTLP/HTTP in JSON). */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: number;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
  readonly traceState?: string;
  readonly attributes: readonly CollectedAttribute[];
  /** Of the resource that sent it. */
  readonly service: string | undefined;
}

interface CollectedAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number; readonly boolValue?: boolean };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly CollectedAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<CollectedSpan, 'service'>[] }[];
  }[];
}

/** `hangs`: it takes the request, and never answers. */
export type CollectorMode = 'takes' | 'refuses' | 'hangs';

/** Takes traces over OTLP/HTTP, or behaves as badly as a collector can. */
export class TraceCollector extends HttpStub {
  readonly requests: StubRequest[] = [];
  mode: CollectorMode = 'takes';

  get spans(): readonly CollectedSpan[] {
    return this.requests.flatMap(({ body }) => {
      const { resourceSpans } = JSON.parse(body) as Export;
      return resourceSpans.flatMap(({ resource, scopeSpans }) => {
        const service = attributeIn(resource.attributes, 'service.name');
        return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
      });
    });
  }

  /** Everything that was sent, as it was sent. */
  get text(): string {
    return this.requests.map(({ body, url }) => `${url.pathname} ${body}`).join('\n');
  }

  protected override answer(request: StubRequest, response: ServerResponse): void {
    if (this.mode === 'hangs') return;
    if (this.mode === 'refuses') {
      sendJson(response, 503, {});
      return;
    }
    this.requests.push(request);
    sendJson(response, 200, {});
  }
}

export const attributeOf = ({ attributes }: CollectedSpan, key: string): string | undefined =>
  attributeIn(attributes, key);

function attributeIn(attributes: readonly CollectedAttribute[], key: string): string | undefined {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  const given = value?.stringValue ?? value?.intValue ?? value?.boolValue;
  return given === undefined ? undefined : String(given);
}
