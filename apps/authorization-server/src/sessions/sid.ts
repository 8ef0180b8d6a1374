import { sha256 } from '@gatehouse/kernel/digest';

/**
 * The session that an identity token belongs to (`sid`, OpenID Connect Front-Channel Logout, section 3). An identity token comes
 * back in addresses (`id_token_hint`), and the id of the session itself does not. Audit lines have the same.
 */
export const sidOf = (tsid: string): string => sha256(tsid);
