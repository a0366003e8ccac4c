-- One message an owner sends to many subscribers of one bot.
create table broadcasts (
    workspace_id uuid not null,
    bot_id       uuid not null,
    id           uuid not null,
    author_id    uuid not null,
    author_name  text not null,
    source       text not null check (octet_length(source) <= 65536),
    status       text not null default 'draft'
                 check (status in ('draft', 'scheduled', 'sending', 'paused', 'done', 'cancelled')),
    message      jsonb,
    total        bigint not null default 0,
    created_at   timestamptz not null default gannet_now(),
    started_at   timestamptz,
    queued_at    timestamptz,
    finished_at  timestamptz,
    updated_at   timestamptz not null default gannet_now(),
    primary key (workspace_id, bot_id, id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    check ((status in ('done', 'cancelled')) = (finished_at is not null)),
    check (status in ('draft', 'scheduled', 'cancelled') or message is not null)
);
comment on table broadcasts is 'One message an owner sends to many subscribers of one bot.';
comment on column broadcasts.source is 'The text in our markup, as it was typed.';
comment on column broadcasts.message is 'What the source stood for when sending began: text and entities, frozen with the audience.';
comment on column broadcasts.total is 'People in the frozen audience; 0 before sending.';
comment on column broadcasts.queued_at is 'Set while it is paused and waits in line behind another broadcast of its bot.';
comment on column broadcasts.author_name is 'The author''s name when it was written: it outlives the account.';
create index broadcasts_newest on broadcasts (workspace_id, bot_id, created_at desc, id desc);
-- Two people pressing Send at once: one wins.
create unique index broadcasts_one_sending on broadcasts (workspace_id, bot_id) where status = 'sending';
create trigger touch before update of source, status on broadcasts for each row execute function touch();

-- The frozen audience: a row for each thousand people, not a row for each.
create table broadcast_chunks (
    workspace_id uuid not null,
    bot_id       uuid not null,
    broadcast_id uuid not null,
    n            integer not null,
    chat_ids     bigint[] not null,
    next         integer not null default 0,
    primary key (workspace_id, bot_id, broadcast_id, n),
    foreign key (workspace_id, bot_id, broadcast_id) references broadcasts (workspace_id, bot_id, id) on delete cascade,
    check (next between 0 and cardinality(chat_ids))
);
comment on table broadcast_chunks is 'The frozen audience: a row for each thousand people, not a row for each.';
comment on column broadcast_chunks.next is 'How many of its people an intent has covered so far.';

-- What may be in flight: recorded before the requests go out, removed with their outcomes.
create table broadcast_intents (
    workspace_id uuid not null,
    bot_id       uuid not null,
    broadcast_id uuid not null,
    chunk        integer not null,
    start        integer not null,
    stop         integer not null,
    epoch        bigint not null,
    opened_at    timestamptz not null default gannet_now(),
    primary key (workspace_id, bot_id, broadcast_id, chunk, start),
    foreign key (workspace_id, bot_id, broadcast_id, chunk)
        references broadcast_chunks (workspace_id, bot_id, broadcast_id, n) on delete cascade,
    check (start < stop)
);
comment on table broadcast_intents is 'People whose requests may be in flight: after a crash exactly those without an outcome are unknown.';
comment on column broadcast_intents.epoch is 'The lease under which it was opened.';

-- What became of each attempt to reach each person. Appended, never changed.
create table deliveries (
    workspace_id uuid not null,
    bot_id       uuid not null,
    broadcast_id uuid not null,
    chat_id      bigint not null,
    attempt      smallint not null default 1,
    outcome      text not null check (outcome in ('sent', 'blocked', 'deactivated', 'failed', 'skipped', 'unknown')),
    message_id   bigint,
    reason       text,
    at           timestamptz not null default gannet_now(),
    primary key (workspace_id, bot_id, broadcast_id, chat_id, attempt),
    foreign key (workspace_id, bot_id, broadcast_id) references broadcasts (workspace_id, bot_id, id) on delete cascade
);
comment on table deliveries is 'What became of each attempt to reach each person: one row each, by constraint.';
comment on column deliveries.message_id is 'Telegram''s number of the message that was sent.';
comment on column deliveries.reason is 'Why not, in Telegram''s words or ours.';
-- Most are sent; the others are what people look for.
create index deliveries_unsent on deliveries (workspace_id, bot_id, broadcast_id, outcome, chat_id)
    where outcome <> 'sent';

-- How far a broadcast is, kept in the transactions that write deliveries.
create table broadcast_tallies (
    workspace_id uuid not null,
    bot_id       uuid not null,
    broadcast_id uuid not null,
    sent         bigint not null default 0,
    blocked      bigint not null default 0,
    deactivated  bigint not null default 0,
    failed       bigint not null default 0,
    skipped      bigint not null default 0,
    unknown      bigint not null default 0,
    waiting      text,
    primary key (workspace_id, bot_id, broadcast_id),
    foreign key (workspace_id, bot_id, broadcast_id) references broadcasts (workspace_id, bot_id, id) on delete cascade
);
comment on column broadcast_tallies.waiting is 'Why the sender waits, for a person; null while it sends.';
comment on table broadcast_tallies is 'Deliveries by outcome; written by the holder of the bot''s lease alone.';

-- Who sends for a bot, or polls for it. Late writes of an earlier holder are refused by the epoch.
create table leases (
    workspace_id uuid not null,
    bot_id       uuid not null,
    kind         text not null check (kind in ('send', 'poll')),
    holder       uuid not null,
    epoch        bigint not null,
    until        timestamptz not null,
    primary key (workspace_id, bot_id, kind),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table leases is 'Which instance works for a bot, until when (database clock).';
comment on column leases.epoch is 'Grows with each new holder.';

-- Single messages to one person: answers and tests. They go before broadcasts.
create table replies (
    workspace_id uuid not null,
    bot_id       uuid not null,
    id           uuid not null,
    chat_id      bigint not null,
    message      jsonb not null,
    queued_at    timestamptz not null default gannet_now(),
    attempted_at timestamptz,
    primary key (workspace_id, bot_id, id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table replies is 'Answers that wait to be sent. A row goes once its outcome is known.';
comment on column replies.attempted_at is 'Set before the request goes out: such a row is never sent again, so an answer comes at most once.';
create index replies_waiting on replies (workspace_id, bot_id, id) where attempted_at is null;

do $$
declare
    name text;
begin
    foreach name in array array['broadcasts', 'broadcast_chunks', 'broadcast_intents', 'deliveries',
                                'broadcast_tallies', 'leases', 'replies']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy tenant on %I to gannet_app
                            using (workspace_id = fence_workspace() and bot_id = fence_bot())
                            with check (workspace_id = fence_workspace() and bot_id = fence_bot())', name);
    end loop;
end
$$;
grant select, insert, update, delete on broadcasts, broadcast_chunks, broadcast_intents, replies to gannet_app;
grant select, insert on deliveries to gannet_app;
grant select, insert, update on broadcast_tallies to gannet_app;
grant select, update on leases to gannet_app;
-- The dashboard names the last broadcast of each bot of a workspace.
create policy dashboard on broadcasts for select to gannet_app
    using (workspace_id = fence_workspace() and fence_bot() is null);
create policy dashboard on broadcast_tallies for select to gannet_app
    using (workspace_id = fence_workspace() and fence_bot() is null);
-- The worker finds what is to be done and claims it; it reads no message and no person.
create policy worker on broadcasts for select to gannet_worker using (true);
create policy worker on replies for select to gannet_worker using (true);
-- After a crash nobody knows what became of a reply that was taken; it is forgotten after a day.
create policy worker_forget on replies for delete to gannet_worker using (attempted_at is not null);
create policy worker on leases to gannet_worker using (true) with check (true);
create policy worker on broadcast_intents for select to gannet_worker using (true);
grant select (workspace_id, bot_id, id, status, queued_at) on broadcasts to gannet_worker;
grant select (workspace_id, bot_id, epoch) on broadcast_intents to gannet_worker;
grant select (workspace_id, bot_id, id, attempted_at), delete on replies to gannet_worker;
grant select, insert, update, delete on leases to gannet_worker;
create index broadcasts_sending on broadcasts (workspace_id, bot_id, id) where status = 'sending' or queued_at is not null;
