-- Tenants: every other row hangs from one.
create table workspaces (
    id         uuid primary key,
    name       text not null check (char_length(name) between 1 and 80),
    created_at timestamptz not null default gannet_now(),
    updated_at timestamptz not null default gannet_now()
);
comment on table workspaces is 'Tenants: every other row hangs from one.';
create trigger touch before update on workspaces for each row execute function touch();

-- Who belongs to a workspace, and as what.
create table members (
    workspace_id uuid not null references workspaces on delete cascade,
    user_id      uuid not null references users on delete cascade,
    role         text not null check (role in ('owner', 'admin', 'member')),
    joined_at    timestamptz not null default gannet_now(),
    primary key (workspace_id, user_id)
);
comment on table members is 'Who belongs to a workspace, and as what.';
create index members_by_user on members (user_id);

alter table workspaces enable row level security;
alter table workspaces force row level security;
alter table members enable row level security;
alter table members force row level security;
create policy tenant on workspaces to gannet_app
    using (id = fence_workspace()) with check (id = fence_workspace());
create policy tenant on members to gannet_app
    using (workspace_id = fence_workspace()) with check (workspace_id = fence_workspace());
-- A person finds their own workspaces before any is chosen.
create policy own on members for select to gannet_app using (user_id = fence_user());
create policy own on workspaces for select to gannet_app
    using (exists (select from members m where m.workspace_id = id and m.user_id = fence_user()));
grant select, insert, update on workspaces to gannet_app;
grant select, insert, update, delete on members to gannet_app;

-- Bots that a workspace has connected.
create table bots (
    workspace_id    uuid not null references workspaces on delete cascade,
    id              uuid not null,
    telegram_id     bigint not null,
    username        text not null,
    slug            text not null check (slug ~ '^[a-z0-9_]{3,32}$'),
    name            text not null,
    api             text not null check (api in ('telegram', 'sandbox')),
    delivery        text not null check (delivery in ('webhook', 'polling')),
    token_last4     text not null check (char_length(token_last4) = 4),
    welcome         text not null,
    goodbye         text not null,
    trouble         text,
    last_update_at  timestamptz,
    changing_until  timestamptz,
    created_at      timestamptz not null default gannet_now(),
    updated_at      timestamptz not null default gannet_now(),
    disconnected_at timestamptz,
    primary key (workspace_id, id),
    unique (workspace_id, slug)
);
comment on table bots is 'Bots that a workspace has connected.';
comment on column bots.telegram_id is 'Telegram''s own number: the digits before the colon in the token.';
comment on column bots.slug is 'The username in lower case when it was connected; its place in URLs.';
comment on column bots.delivery is 'Whether Telegram calls us or we ask it.';
comment on column bots.welcome is 'Answer to /start in our markup; empty: none.';
comment on column bots.goodbye is 'Answer to /stop in our markup; empty: none.';
comment on column bots.trouble is 'What keeps the bot from working, for its owner; null when all is well.';
comment on column bots.changing_until is 'While in the future, a change of token or webhook is under way and others must wait.';
comment on column bots.disconnected_at is 'Set when token and webhook were removed; the rest goes 30 days later.';
create trigger touch before update of welcome, goodbye, name on bots for each row execute function touch();

alter table bots enable row level security;
alter table bots force row level security;
create policy tenant on bots to gannet_app
    using (workspace_id = fence_workspace() and (fence_bot() is null or id = fence_bot()))
    with check (workspace_id = fence_workspace() and (fence_bot() is null or id = fence_bot()));
create policy worker on bots for select to gannet_worker using (true);
create policy worker_expire on bots for delete to gannet_worker using (disconnected_at is not null);
grant select, insert, update on bots to gannet_app;
grant select, delete on bots to gannet_worker;

-- What must be unique across workspaces, and how a request finds its tenant. Holds nothing else.
create table directory (
    bot_id       uuid primary key,
    workspace_id uuid not null,
    slug         text not null unique,
    api          text not null,
    telegram_id  bigint not null,
    hook         text unique,
    hook_hash    bytea check (octet_length(hook_hash) = 32),
    unique (api, telegram_id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table directory is 'Global: finds the tenant of a slug or a webhook path. What must be unique across workspaces lives here.';
comment on column directory.hook is 'Random path of the bot''s webhook; changes with its secret.';
comment on column directory.hook_hash is 'SHA-256 of the webhook''s secret.';
alter table directory enable row level security;
alter table directory force row level security;
create policy lookup on directory for select to gannet_app using (true);
create policy tenant_insert on directory for insert to gannet_app with check (workspace_id = fence_workspace());
create policy tenant_update on directory for update to gannet_app
    using (workspace_id = fence_workspace() and bot_id = fence_bot())
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
create policy worker on directory for select to gannet_worker using (true);
-- Requests may set a webhook's path and secret and never read them.
grant select (bot_id, workspace_id, slug, api, telegram_id), insert, update (hook, hook_hash) on directory to gannet_app;
grant select on directory to gannet_worker;

-- What a member who is neither owner nor admin may do with a bot.
create table bot_permissions (
    workspace_id uuid not null,
    bot_id       uuid not null,
    user_id      uuid not null,
    rights       text[] not null
                 check (rights <@ array['view', 'edit', 'send', 'manage', 'audit'] and cardinality(rights) > 0),
    granted_at   timestamptz not null default gannet_now(),
    primary key (workspace_id, bot_id, user_id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    foreign key (workspace_id, user_id) references members (workspace_id, user_id) on delete cascade
);
comment on table bot_permissions is 'What a member who is neither owner nor admin may do with a bot.';
alter table bot_permissions enable row level security;
alter table bot_permissions force row level security;
create policy tenant on bot_permissions to gannet_app
    using (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))
    with check (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()));
create policy own on bot_permissions for select to gannet_app using (user_id = fence_user());
grant select, insert, update, delete on bot_permissions to gannet_app;

-- Secrets of a bot, sealed under the account key.
create table bot_secrets (
    workspace_id uuid not null,
    bot_id       uuid not null,
    kind         text not null check (kind in ('token', 'webhook', 'leaving_token')),
    sealed       bytea not null,
    updated_at   timestamptz not null default gannet_now(),
    primary key (workspace_id, bot_id, kind),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
comment on table bot_secrets is 'Secrets of a bot, sealed (see docs/envelope.md); opened only in memory.';
comment on column bot_secrets.kind is 'leaving_token: kept only until Telegram has been told that the bot left.';
alter table bot_secrets enable row level security;
alter table bot_secrets force row level security;
create policy tenant on bot_secrets to gannet_app
    using (workspace_id = fence_workspace() and bot_id = fence_bot())
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
grant select, insert, update, delete on bot_secrets to gannet_app;

-- The chat in which a member gets test messages of a bot.
create table test_recipients (
    workspace_id uuid not null,
    bot_id       uuid not null,
    user_id      uuid not null,
    code         text not null,
    chat_id      bigint,
    name         text,
    linked_at    timestamptz,
    primary key (workspace_id, bot_id, user_id),
    unique (workspace_id, bot_id, code),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    foreign key (workspace_id, user_id) references members (workspace_id, user_id) on delete cascade
);
comment on table test_recipients is 'The chat in which a member gets test messages of a bot.';
comment on column test_recipients.code is 'Payload of the link by which the member''s Telegram is recognised; replaced once used.';
alter table test_recipients enable row level security;
alter table test_recipients force row level security;
create policy tenant on test_recipients to gannet_app
    using (workspace_id = fence_workspace() and bot_id = fence_bot())
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
grant select, insert, update, delete on test_recipients to gannet_app;
