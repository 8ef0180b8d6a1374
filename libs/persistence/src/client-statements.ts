/** What the authorization server knows of clients, for its administrator's API and for `gatehouse clients`. */

/** Everything but the secret, which is sealed. Clients that never registered are known by their sessions and approvals. */
export const KNOWN_CLIENTS = `with registered as (
    select payload->>'client_id' as client_id, payload->>'client_name' as name, payload->'redirect_uris' as redirect_uris,
      payload->>'token_endpoint_auth_method' = 'none' as is_public, created_at, set_aside_at
    from oidc_records where model = 'Client'),
  used as (
    select client_id, max(client_name) as name, max(used_at) as used_at,
      count(*) filter (where closed_at is null and expires_at > now())::int as sessions
    from sessions group by client_id),
  approved as (select client_id, count(*)::int as people from approvals group by client_id)
  select client_id as "clientId", coalesce(r.name, u.name) as name, r.redirect_uris as "redirectUris", r.is_public as "isPublic",
    r.created_at as "registeredAt", u.used_at as "usedAt", coalesce(u.sessions, 0) as sessions, coalesce(a.people, 0) as people,
    r.set_aside_at is not null as "isSetAside", r.client_id is not null as "isRegistered",
    count(*) over ()::int as total
  from registered r full join used u using (client_id) full join approved a using (client_id)`;

/**
 * Three steps forget a client, in this order: what is kept of it, so that it gets no further session; then its sessions; then what
 * people approved of it, which is written at an open session only. Value: the SHA-256 of its id.
 */
export const FORGET_CLIENT = `delete from oidc_records where model in ('Client', 'ClientDocument') and id = $1`;

/** Value: the client's id. */
export const FORGET_APPROVALS = 'delete from approvals where client_id = $1';
