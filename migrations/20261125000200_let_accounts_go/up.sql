-- The worker removes accounts whose day has come. What it may remove is decided here, whatever it asks.
create function refuse_early_end() returns trigger
    language plpgsql as $$
begin
    raise exception 'an account goes on the day its owner chose, and not before' using errcode = 'insufficient_privilege';
end
$$;
comment on function refuse_early_end is 'Keeps accounts that nobody has closed, or whose 30 days are not over.';
create trigger no_early_end before delete on users for each row
    when (current_user = 'gannet_worker' and coalesce(old.closes_at, 'infinity') > gannet_now())
    execute function refuse_early_end();
grant delete on users to gannet_worker;
grant insert on account_log to gannet_worker;

-- Who owns what, and nothing else of anybody's membership.
create policy worker on members for select to gannet_worker using (role = 'owner');
grant select (workspace_id, user_id, role) on members to gannet_worker;

-- Only workspaces all of whose owners are due to go.
create policy worker on workspaces for select to gannet_worker using (true);
create policy worker_end on workspaces for delete to gannet_worker using (
    exists (select from members m where m.workspace_id = id)
    and not exists (select from members m join users u on u.id = m.user_id
                    where m.workspace_id = workspaces.id
                      and coalesce(u.closes_at, 'infinity') > gannet_now()));
grant select (id), delete on workspaces to gannet_worker;
