-- People who may join a workspace.
create table invitations (
    workspace_id uuid not null references workspaces on delete cascade,
    id           uuid not null,
    email        text,
    email_key    text,
    role         text not null check (role in ('owner', 'admin', 'member')),
    rights       jsonb not null default '{}',
    token_hash   bytea not null check (octet_length(token_hash) = 32),
    invited_by   uuid references users on delete set null,
    created_at   timestamptz not null default gannet_now(),
    expires_at   timestamptz not null,
    primary key (workspace_id, id),
    unique (workspace_id, token_hash),
    check ((email is null) = (email_key is null))
);
comment on table invitations is 'People who may join a workspace: each once, within a week.';
comment on column invitations.email is 'Who, as it was typed; null: whoever holds the link.';
comment on column invitations.email_key is 'The address in lower case: an account with another one does not get in.';
comment on column invitations.rights is 'What they may do with which bots, by the bots'' ids; for members alone.';
comment on column invitations.token_hash is 'SHA-256 of the link''s secret.';
create index invitations_by_expiry on invitations (workspace_id, expires_at);
create index invitations_by_inviter on invitations (invited_by) where invited_by is not null;
alter table invitations enable row level security;
alter table invitations force row level security;
create policy tenant on invitations to gannet_app
    using (workspace_id = fence_workspace()) with check (workspace_id = fence_workspace());
grant select, insert, update, delete on invitations to gannet_app;
