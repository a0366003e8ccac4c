-- The people who talk to a bot. The chat is the key: for a person it is the person's own number. Nobody
-- deletes them one by one (they go with their bot), so the counters below need not follow that.
create table subscribers (
    workspace_id   uuid not null,
    bot_id         uuid not null,
    chat_id        bigint not null,
    name           text not null,
    username       text,
    language       text,
    source         text check (char_length(source) <= 64),
    status         text not null check (status in ('active', 'paused', 'unsubscribed', 'blocked', 'deactivated')),
    status_at      timestamptz not null default gannet_now(),
    since          timestamptz not null default gannet_now(),
    last_active_at timestamptz not null default gannet_now(),
    primary key (workspace_id, bot_id, chat_id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table subscribers is 'The people who talk to a bot.';
comment on column subscribers.chat_id is 'Telegram''s number of the chat.';
comment on column subscribers.source is 'Payload of the first /start that had one.';
comment on column subscribers.since is 'When they first pressed Start.';
create index subscribers_newest on subscribers (workspace_id, bot_id, since desc, chat_id desc);
create index subscribers_by_name on subscribers (workspace_id, bot_id, lower(name) text_pattern_ops);
create index subscribers_by_username on subscribers (workspace_id, bot_id, lower(username) text_pattern_ops)
    where username is not null;
alter table subscribers enable row level security;
alter table subscribers force row level security;
create policy tenant on subscribers to gannet_app
    using (workspace_id = fence_workspace() and bot_id = fence_bot())
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
grant select, insert, update on subscribers to gannet_app;

-- How many subscribers a bot has, by status. In slots, so that writers do not wait for one another.
create table bot_counters (
    workspace_id uuid not null,
    bot_id       uuid not null,
    slot         smallint not null,
    active       bigint not null default 0,
    paused       bigint not null default 0,
    unsubscribed bigint not null default 0,
    blocked      bigint not null default 0,
    deactivated  bigint not null default 0,
    primary key (workspace_id, bot_id, slot),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table bot_counters is 'Subscribers by status; the sum over the slots counts. Kept by triggers on subscribers.';

-- How many came each day (UTC).
create table bot_days (
    workspace_id uuid not null,
    bot_id       uuid not null,
    day          date not null,
    slot         smallint not null,
    joined       bigint not null default 0,
    primary key (workspace_id, bot_id, day, slot),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table bot_days is 'New subscribers a day (UTC); the sum over the slots counts.';

-- How many came from each source.
create table bot_sources (
    workspace_id uuid not null,
    bot_id       uuid not null,
    source       text not null,
    slot         smallint not null,
    joined       bigint not null default 0,
    primary key (workspace_id, bot_id, source, slot),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table bot_sources is 'New subscribers by source; the sum over the slots counts.';

alter table bot_counters enable row level security;
alter table bot_counters force row level security;
alter table bot_days enable row level security;
alter table bot_days force row level security;
alter table bot_sources enable row level security;
alter table bot_sources force row level security;
-- Counters are what the dashboard reads for all bots of a workspace at once.
create policy tenant on bot_counters to gannet_app
    using (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
create policy tenant on bot_days to gannet_app
    using (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
create policy tenant on bot_sources to gannet_app
    using (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
grant select, insert, update on bot_counters, bot_days, bot_sources to gannet_app;

-- One statement on subscribers changes the counters once, however many rows it touches. Slots and the
-- order of rows keep the writers of one bot from waiting for one another, or in a circle.
create function count_moves(moves bot_counters[]) returns void
    language sql as $$
    insert into bot_counters as c (workspace_id, bot_id, slot, active, paused, unsubscribed, blocked, deactivated)
    select workspace_id, bot_id, slot, sum(active), sum(paused), sum(unsubscribed), sum(blocked), sum(deactivated)
    from unnest(moves) group by 1, 2, 3 order by 1, 2, 3
    on conflict (workspace_id, bot_id, slot) do update set
        active = c.active + excluded.active, paused = c.paused + excluded.paused,
        unsubscribed = c.unsubscribed + excluded.unsubscribed, blocked = c.blocked + excluded.blocked,
        deactivated = c.deactivated + excluded.deactivated
$$;
comment on function count_moves is 'Adds changes to the counters, each row by status.';

create function count_subscribers() returns trigger
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
comment on function count_subscribers is 'Carries changes of subscribers into the counters, one statement at a time.';
create trigger count_inserted after insert on subscribers
    referencing new table as changed_new
    for each statement execute function count_subscribers();
create trigger count_updated after update on subscribers
    referencing old table as changed_old new table as changed_new
    for each statement execute function count_subscribers();
