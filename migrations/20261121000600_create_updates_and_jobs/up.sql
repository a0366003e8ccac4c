-- Inbox: what Telegram handed over, kept until it is applied; its number is kept so that it counts once.
create table updates (
    workspace_id uuid not null,
    bot_id       uuid not null,
    update_id    bigint not null,
    received_at  timestamptz not null default gannet_now(),
    body         bytea,
    applied_at   timestamptz,
    refused      text,
    primary key (workspace_id, bot_id, update_id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table updates is 'Inbox: what Telegram handed over; each (bot, update_id) takes effect once.';
comment on column updates.body is 'The update as bytes; removed once it is applied.';
comment on column updates.refused is 'Why it could not be understood; such an update is skipped.';
create index updates_waiting on updates (workspace_id, bot_id, update_id) where applied_at is null;
create index updates_by_age on updates (received_at);
alter table updates enable row level security;
alter table updates force row level security;
create policy tenant on updates to gannet_app
    using (workspace_id = fence_workspace() and bot_id = fence_bot())
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
-- Ingest writes for all bots in one statement and never reads a body.
create policy ingest on updates to gannet_worker using (true) with check (true);
grant select, update on updates to gannet_app;
grant insert, delete on updates to gannet_worker;
grant select (workspace_id, bot_id, update_id, received_at, applied_at) on updates to gannet_worker;

-- Work for later, written in the transaction that makes it true.
create table jobs (
    workspace_id uuid not null references workspaces on delete cascade,
    id           uuid not null,
    bot_id       uuid,
    kind         text not null,
    payload      jsonb not null,
    run_at       timestamptz not null default gannet_now(),
    attempts     integer not null default 0,
    holder       uuid,
    leased_until timestamptz,
    failed_at    timestamptz,
    last_error   text,
    created_at   timestamptz not null default gannet_now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table jobs is 'Work for later, with the tenant of what started it. A row goes when the work is done.';
comment on column jobs.failed_at is 'Set when it was given up; kept for a person to look at.';
create index jobs_due on jobs (run_at) where failed_at is null;
alter table jobs enable row level security;
alter table jobs force row level security;
create policy tenant on jobs to gannet_app
    using (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))
    with check (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()));
create policy worker on jobs to gannet_worker using (true) with check (true);
grant select, insert on jobs to gannet_app;
grant select, update, delete on jobs to gannet_worker;
