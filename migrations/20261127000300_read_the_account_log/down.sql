drop index account_log_by_time, account_log_by_kind, account_log_by_user;
create index account_log_by_user on account_log (user_id, at desc);
