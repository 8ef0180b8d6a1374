import { decodeJwt } from 'jose';
import { SILENT } from './silent-requests.js';

/**
 * Whether a request object (RFC 9101) wants its answer in another way than in the query, or has a mark that is ours alone. The
 * library would answer in that way, its errors as well: by a page without our headers (`inQueryOnly`). Nothing is believed of what
 * stands there.
 */
export function asksForMore(request: string | null): boolean {
  if (request === null) return false;
  try {
    const { response_mode: mode, [SILENT]: silent } = decodeJwt(request);
    return silent !== undefined || (mode !== undefined && mode !== 'query');
  } catch {
    // The library says what is wrong.
    return false;
  }
}
