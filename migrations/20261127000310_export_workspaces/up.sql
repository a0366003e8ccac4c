-- Everything of a workspace as files that people can read. A job writes them a part at a time.
create table exports (
    workspace_id  uuid not null references workspaces on delete cascade,
    id            uuid not null,
    asked_by      uuid not null,
    asked_by_name text not null,
    asked_at      timestamptz not null default gannet_now(),
    source        smallint not null default 0 check (source >= 0),
    at_bot        uuid,
    after         jsonb,
    step          integer not null default 0,
    rows_done     bigint not null default 0,
    rows_total    bigint not null default 0,
    ready_at      timestamptz,
    expires_at    timestamptz not null default gannet_now() + interval '8 days',
    primary key (workspace_id, id)
);
comment on table exports is 'One export of a workspace, being written or ready. It goes a week after it is ready.';
comment on column exports.source is 'Which of the sources is being written, in their order.';
comment on column exports.at_bot is 'Whose rows, for what belongs to bots: the last bot that was begun.';
comment on column exports.after is 'The key of the last row that was written of it; null: none yet.';
comment on column exports.step is 'Counts the parts. Of two workers that write the same one, the second finds it written.';
comment on column exports.rows_total is 'About how many there are; counted when it was asked for.';
-- Two at once would be twice the work and the same files.
create unique index exports_one_at_a_time on exports (workspace_id) where ready_at is null;
create index exports_by_expiry on exports (expires_at);

create table export_parts (
    workspace_id uuid not null,
    export_id    uuid not null,
    file         text not null,
    n            integer not null,
    bytes        bytea not null,
    rows         integer not null,
    length       bigint not null,
    primary key (workspace_id, export_id, file, n),
    foreign key (workspace_id, export_id) references exports (workspace_id, id) on delete cascade
);
comment on table export_parts is 'Parts of the files of an export: each a gzip member of its own, so that one after the other they are one.';
comment on column export_parts.length is 'Bytes before they were compressed.';
alter table export_parts alter column bytes set storage external;

do $$
declare
    name text;
begin
    foreach name in array array['exports', 'export_parts'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy tenant on %I to gannet_app
            using (workspace_id = fence_workspace()) with check (workspace_id = fence_workspace())', name);
    end loop;
end
$$;
grant select, insert, update, delete on exports to gannet_app;
grant select, insert on export_parts to gannet_app;
-- What is over is removed, whose it is does not matter.
create policy worker on exports to gannet_worker using (expires_at <= gannet_now());
grant select (workspace_id, id, expires_at), delete on exports to gannet_worker;
