-- Housekeeping asks of every old client whether anybody has approved it. By the primary key alone each answer is a look
-- through the whole index, and clients are what anybody may register.
create index "approvals_client_id" on "approvals" ("client_id");
