drop function move_bot(uuid);
drop policy moved on bots;
drop policy moving on bots;
drop policy moving on broadcasts;
drop policy moving on directory;
drop policy moving on members;
drop policy moving on workspaces;

create or replace function count_subscribers() returns trigger
    language plpgsql as $$
declare
    my_slot constant smallint := pg_backend_pid() % 4;
begin
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

do $$
declare
    key record;
begin
    for key in
        select f.conname as name, f.conrelid::regclass as tbl,
               replace(pg_get_constraintdef(f.oid), ' ON UPDATE CASCADE', '') as def
        from pg_constraint f where f.contype = 'f' and f.confupdtype = 'c'
    loop
        execute format('alter table %s drop constraint %I, add constraint %I %s', key.tbl, key.name, key.name, key.def);
    end loop;
end
$$;
