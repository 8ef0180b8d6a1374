/**
 * Ends a session and everything issued for it in one statement; its id is the grant's id. Whoever has to hear of it is told by the
 * outbox of the authorization server, also when an operator ended it (`gatehouse sessions end`). Values: the session, why it ends,
 * its account or null for whichever, and the SHA-256 of the session.
 * @param returned columns of the session, where it was open
 */
export const endSessionText = (returned: string): string => `with closed as (
          update sessions set closed_at = now(), close_reason = $2
          where tsid = $1 and closed_at is null and ($3::uuid is null or account_id = $3)
          returning ${returned}
        ), issued as (
          delete from oidc_records where grant_id in (select tsid::text from closed)
        ), granted as (
          delete from oidc_records where model = 'Grant' and id = $4 and exists (select from closed)
        )
        select * from closed`;
