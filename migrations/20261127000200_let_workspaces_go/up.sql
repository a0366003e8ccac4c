-- A workspace that an owner wants gone stays for 30 days in which nothing is done in it, and then goes whole.
alter table workspaces add column closes_at timestamptz;
comment on column workspaces.closes_at is 'When the workspace goes for good, 30 days after an owner asked for it. Until then only its owners know of it, nothing is sent and nothing changed, and any of them may keep it.';
create index workspaces_by_closing on workspaces (closes_at) where closes_at is not null;

-- The worker finds those whose day has come, and those without an owner. It removes none any more.
grant select (closes_at) on workspaces to gannet_worker;
revoke delete on workspaces from gannet_worker;
drop policy worker_end on workspaces;

-- The one way out. The owner role, which nobody signs in as to serve requests, sees of tenants' rows what
-- this function needs: those of the workspace that its caller is fenced to.
create policy ending on workspaces to gannet_owner
    using (id = fence_workspace()) with check (id = fence_workspace());
create policy ending on members for select to gannet_owner using (workspace_id = fence_workspace());
create policy ending on bots for select to gannet_owner using (workspace_id = fence_workspace());

create function remove_workspace() returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    -- Whoever keeps it, or signs in and so keeps the account it would go with, is waited for, and counts.
    perform from workspaces where id = fence_workspace() for update;
    perform from users u
    where exists (select from members m
                  where m.workspace_id = fence_workspace() and m.user_id = u.id and m.role = 'owner')
    order by u.id for update;
    delete from workspaces w
    where w.id = fence_workspace()
      and (w.closes_at <= gannet_now()
           or exists (select from members m where m.workspace_id = w.id and m.role = 'owner')
              and not exists (select from members m join users u on u.id = m.user_id
                              where m.workspace_id = w.id and m.role = 'owner'
                                and coalesce(u.closes_at, 'infinity') > gannet_now()))
      -- Telegram is told first that its bots have left.
      and not exists (select from bots b
                      where b.workspace_id = w.id
                        and coalesce(b.disconnected_at, 'infinity') > gannet_now() - interval '1 hour');
    return found;
end
$$;
comment on function remove_workspace is 'Removes the workspace that the transaction is fenced to with everything in it, if its day has come: the one an owner set, or that of all its owners'' accounts. False: it has not, or nothing is there. Runs with its owner''s rights, takes no argument and does nothing else.';
revoke execute on function remove_workspace from public;
grant execute on function remove_workspace to gannet_app;
