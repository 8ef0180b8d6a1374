-- A client can be deleted. Then the sessions that people have at it end.
create index "sessions_of_client" on "sessions" ("client_id") where "closed_at" is null;
