-- A change of a bot's connection that Telegram may have heard of and that is not in force yet.
create table bot_changes (
    workspace_id uuid not null,
    bot_id       uuid not null,
    delivery     text not null check (delivery in ('webhook', 'polling')),
    hook         text,
    hook_hash    bytea check (octet_length(hook_hash) = 32),
    token        bytea,
    event        jsonb not null,
    begun_at     timestamptz not null default gannet_now(),
    primary key (workspace_id, bot_id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    check ((delivery = 'webhook') = (hook is not null)),
    check ((hook is null) = (hook_hash is null))
);
comment on table bot_changes is 'A change of a bot''s connection that Telegram may have heard of and that is not in force yet. A row goes when it is put into force or given up; one that was left behind by a crash is settled by asking Telegram.';
comment on column bot_changes.hook is 'Random path of the webhook to be; null for a bot that will be polled.';
comment on column bot_changes.hook_hash is 'SHA-256 of that webhook''s secret.';
comment on column bot_changes.token is 'The new token, sealed as the one in force; null when that one stays.';
comment on column bot_changes.event is 'What the audit log will say, as domain::audit::Event writes it.';

alter table bot_changes enable row level security;
alter table bot_changes force row level security;
create policy tenant on bot_changes to gannet_app
    using (workspace_id = fence_workspace() and bot_id = fence_bot())
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
grant select, insert, delete on bot_changes to gannet_app;
-- The worker finds what was left behind, and reads nothing of it.
create policy worker on bot_changes for select to gannet_worker using (true);
grant select (workspace_id, bot_id) on bot_changes to gannet_worker;
