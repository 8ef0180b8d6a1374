/** Limits of clients that stand in no configuration, for the authorization server and for `gatehouse clients limits`. First value: the client's id. */
export const FIND_LIMITS = 'select limits from client_limits where client_id = $1';

/** Second value: the limits, as JSON. */
export const SET_LIMITS = `insert into client_limits (client_id, limits) values ($1, $2::jsonb)
  on conflict (client_id) do update set limits = excluded.limits, set_at = now()`;

export const REMOVE_LIMITS = 'delete from client_limits where client_id = $1';
