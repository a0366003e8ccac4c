drop function remove_workspace();
drop policy ending on bots;
drop policy ending on members;
drop policy ending on workspaces;
create policy worker_end on workspaces for delete to gannet_worker using (
    exists (select from members m where m.workspace_id = id)
    and not exists (select from members m join users u on u.id = m.user_id
                    where m.workspace_id = workspaces.id
                      and coalesce(u.closes_at, 'infinity') > gannet_now()));
grant delete on workspaces to gannet_worker;
revoke select (closes_at) on workspaces from gannet_worker;
drop index workspaces_by_closing;
alter table workspaces drop column closes_at;
