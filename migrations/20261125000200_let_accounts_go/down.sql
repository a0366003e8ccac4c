revoke select (id), delete on workspaces from gannet_worker;
drop policy worker_end on workspaces;
drop policy worker on workspaces;
revoke select (workspace_id, user_id, role) on members from gannet_worker;
drop policy worker on members;
revoke insert on account_log from gannet_worker;
revoke delete on users from gannet_worker;
drop trigger no_early_end on users;
drop function refuse_early_end();
