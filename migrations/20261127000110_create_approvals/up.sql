-- A second person's word before a message goes to many.
alter table workspaces add column approval_above integer check (approval_above between 1 and 10000000);
comment on column workspaces.approval_above is 'A broadcast to more recipients than this waits for a second person; null: none does.';

alter table broadcasts add column edited_by uuid;
comment on column broadcasts.edited_by is 'Who changed the text last; null while nobody has since the author wrote it.';

-- One request for approval of one version of one draft.
create table approvals (
    workspace_id    uuid not null,
    bot_id          uuid not null,
    id              uuid not null,
    broadcast_id    uuid not null,
    version         timestamptz not null,
    audience        bigint not null check (audience >= 0),
    state           text not null default 'open'
                    check (state in ('open', 'approved', 'refused', 'withdrawn', 'voided')),
    asked_by        uuid not null,
    asked_by_name   text not null,
    asked_at        timestamptz not null default gannet_now(),
    decided_by      uuid,
    decided_by_name text,
    decided_at      timestamptz,
    reason          text check (char_length(reason) between 1 and 500),
    primary key (workspace_id, bot_id, id),
    foreign key (workspace_id, bot_id, broadcast_id) references broadcasts (workspace_id, bot_id, id) on delete cascade,
    check ((state = 'open') = (decided_at is null)),
    check ((decided_by is null) = (decided_at is null) and (decided_by is null) = (decided_by_name is null)),
    check (reason is null or state = 'refused'),
    check (state not in ('approved', 'refused') or decided_by <> asked_by)
);
comment on table approvals is 'Requests for a second person''s approval of a draft: one row each, for exactly one version of it.';
comment on column approvals.version is 'broadcasts.updated_at of the draft as it was asked for.';
comment on column approvals.audience is 'Recipients there were when it was asked for.';
comment on column approvals.decided_by is 'Whoever ended it: by a decision, by withdrawing it, or by changing the draft.';
comment on column approvals.reason is 'Why it was refused, in the words of whoever did.';
-- One at a time: open, or approved and not sent.
create unique index approvals_one_in_force on approvals (workspace_id, bot_id, broadcast_id)
    where state in ('open', 'approved');
create index approvals_by_broadcast on approvals (workspace_id, bot_id, broadcast_id, id desc);
create index approvals_open on approvals (workspace_id, bot_id, id) where state = 'open';

alter table approvals enable row level security;
alter table approvals force row level security;
create policy tenant on approvals to gannet_app
    using (workspace_id = fence_workspace() and bot_id = fence_bot())
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
-- The overview shows what waits, whichever bot's it is.
create policy dashboard on approvals for select to gannet_app
    using (workspace_id = fence_workspace() and fence_bot() is null);
grant select, insert, update (state, decided_by, decided_by_name, decided_at, reason) on approvals to gannet_app;
