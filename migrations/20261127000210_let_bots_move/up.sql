-- A bot moves to another workspace of its owner with everything that is its own: the row of the bot gets the
-- other workspace, and foreign keys carry that to all rows that hang from it.
do $$
declare
    key record;
begin
    for key in
        select f.conname as name, f.conrelid::regclass as tbl, pg_get_constraintdef(f.oid) as def
        from pg_constraint f
        where f.contype = 'f'
          and f.confrelid in ('bots'::regclass, 'broadcasts'::regclass, 'broadcast_chunks'::regclass)
          -- What somebody was granted stays behind: as long as a row is left the bot cannot go.
          and f.conrelid <> 'bot_permissions'::regclass
    loop
        execute format('alter table %s drop constraint %I, add constraint %I %s on update cascade',
                       key.tbl, key.name, key.name, key.def);
    end loop;
end
$$;

-- Nobody comes or goes when a bot moves: its counters move along.
create or replace function count_subscribers() returns trigger
    language plpgsql as $$
declare
    my_slot constant smallint := pg_backend_pid() % 4;
begin
    -- One statement is about one workspace; when that is another one afterwards, the bot has moved.
    if tg_op = 'UPDATE' then
        if (select workspace_id from changed_new limit 1) <> (select workspace_id from changed_old limit 1) then
            return null;
        end if;
    end if;
    perform count_moves(array(
        select row (workspace_id, bot_id, my_slot,
                    count(*) filter (where status = 'active'), count(*) filter (where status = 'paused'),
                    count(*) filter (where status = 'unsubscribed'), count(*) filter (where status = 'blocked'),
                    count(*) filter (where status = 'deactivated'))::bot_counters
        from changed_new group by workspace_id, bot_id));
    if tg_op = 'UPDATE' then
        perform count_moves(array(
            select row (workspace_id, bot_id, my_slot,
                        -count(*) filter (where status = 'active'), -count(*) filter (where status = 'paused'),
                        -count(*) filter (where status = 'unsubscribed'), -count(*) filter (where status = 'blocked'),
                        -count(*) filter (where status = 'deactivated'))::bot_counters
            from changed_old group by workspace_id, bot_id));
    end if;
    -- A source is counted when it becomes known: with the first Start, or with a later one.
    if tg_op = 'INSERT' then
        insert into bot_days as d (workspace_id, bot_id, day, slot, joined)
        select workspace_id, bot_id, (since at time zone 'UTC')::date, my_slot, count(*)
        from changed_new group by 1, 2, 3 order by 1, 2, 3
        on conflict (workspace_id, bot_id, day, slot) do update set joined = d.joined + excluded.joined;

        insert into bot_sources as s (workspace_id, bot_id, source, slot, joined)
        select workspace_id, bot_id, source, my_slot, count(*)
        from changed_new where source is not null group by 1, 2, 3 order by 1, 2, 3
        on conflict (workspace_id, bot_id, source, slot) do update set joined = s.joined + excluded.joined;
    elsif tg_op = 'UPDATE' then
        insert into bot_sources as s (workspace_id, bot_id, source, slot, joined)
        select n.workspace_id, n.bot_id, n.source, my_slot, count(*)
        from changed_new n join changed_old o using (workspace_id, bot_id, chat_id)
        where n.source is not null and o.source is null group by 1, 2, 3 order by 1, 2, 3
        on conflict (workspace_id, bot_id, source, slot) do update set joined = s.joined + excluded.joined;
    end if;
    return null;
end
$$;

-- What the function below needs to see, as the owner role: both ends as far as its caller belongs to them,
-- and the one bot.
create policy moving on workspaces to gannet_owner
    using (exists (select from members m where m.workspace_id = id and m.user_id = fence_user()))
    with check (false);
create policy moving on members for select to gannet_owner using (user_id = fence_user());
create policy moving on directory for select to gannet_owner using (bot_id = fence_bot());
create policy moving on broadcasts for select to gannet_owner
    using (workspace_id = fence_workspace() and bot_id = fence_bot());
create policy moving on bots for update to gannet_owner
    using (workspace_id = fence_workspace() and id = fence_bot()) with check (id = fence_bot());

-- The row must be in sight before and after.
create policy moved on bots for select to gannet_owner using (id = fence_bot());

create function move_bot(destination uuid) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    -- Until the end nobody closes one of the two, or changes who owns them.
    perform from workspaces where id in (fence_workspace(), destination) order by id for share;
    if (select count(*) from members m join workspaces w on w.id = m.workspace_id
        where m.user_id = fence_user() and m.role = 'owner' and w.closes_at is null
          and m.workspace_id in (fence_workspace(), destination)) <> 2 then
        raise exception 'a bot moves between two workspaces of one owner' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select from directory d where d.bot_id = fence_bot() and d.workspace_id = fence_workspace()) then
        return false;
    end if;
    if exists (select from broadcasts b where b.workspace_id = fence_workspace() and b.bot_id = fence_bot()
                                          and b.status = 'sending') then
        return false;
    end if;
    update bots set workspace_id = destination
    where workspace_id = fence_workspace() and id = fence_bot() and disconnected_at is null;
    return found;
end
$$;
comment on function move_bot is 'Moves the bot that the transaction is fenced to into another workspace, with all rows that are the bot''s, if the transaction''s person owns both and neither is about to go. False: it is not there, or sends. Runs with its owner''s rights and changes nothing but whose rows they are.';
revoke execute on function move_bot from public;
grant execute on function move_bot to gannet_app;
