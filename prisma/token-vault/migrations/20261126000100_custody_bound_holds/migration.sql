-- Reads the whole table, and holds up neither those who write nor those who read; attaching it then reads nothing.
alter table "custody_log" validate constraint "custody_log_bound";
