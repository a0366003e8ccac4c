-- Admins of the instance read what happened to accounts, the newest first, all of it or of one kind.
create index account_log_by_time on account_log (at, id);
create index account_log_by_kind on account_log (kind, at, id);
drop index account_log_by_user;
create index account_log_by_user on account_log (user_id, at, id);
