-- The audit log in months, and every line chained to the one before it (docs/audit-chain.md).
--
-- A fourth role owns the log (`gannet migrate --create-roles` and the embedded PostgreSQL make it): it makes
-- months ahead and drops those that are over. Nobody signs in as it.
do $$
begin
    if not exists (select from pg_roles where rolname = 'gannet_retention') then
        raise exception 'the role gannet_retention is missing; run `gannet migrate --create-roles` of this version once more';
    end if;
end
$$;
grant usage, create on schema public to gannet_retention;

-- Forced row-level security hides the lines from the owner too, who is about to carry them over.
alter table audit_log no force row level security;
create temporary table audit_log_before on commit drop as table audit_log;
drop table audit_log;

create table audit_log (
    workspace_id uuid not null,
    id           uuid not null,
    at           timestamptz not null default gannet_now(),
    bot_id       uuid,
    bot_slug     text,
    actor_id     uuid,
    actor_name   text not null,
    kind         text not null,
    resource     text,
    details      json not null,
    ip           text,
    user_agent   text,
    sealed       bytea,
    request_id   text,
    seq          bigint check (seq > 0),
    mac          bytea check (octet_length(mac) = 32),
    key_version  integer check (key_version > 0),
    -- The month is part of every key of a table in months; the workspace comes first all the same.
    primary key (workspace_id, at, id),
    check ((seq is null) = (mac is null) and (seq is null) = (key_version is null)),
    check (sealed is null or (ip is null and user_agent is null))
) partition by range (at);
comment on table audit_log is 'Who did what in a workspace, in months. No foreign key: a log outlives what it tells of, and a cascade would meet the trigger.';
comment on column audit_log.actor_id is 'The person; null when a part of Gannet acted.';
comment on column audit_log.resource is 'Which broadcast or other thing it is about, where that is neither the workspace nor the bot.';
comment on column audit_log.details is 'The event as domain::audit::Event writes it; secrets are never part of it. json, not jsonb: the chain is over the text as it was written.';
comment on column audit_log.sealed is 'Address and client of a person with an account, under a key that goes with the account; ip and user_agent are null then.';
comment on column audit_log.seq is 'Place in the chain of the workspace, from 1. Null: written before there was a chain.';
comment on column audit_log.mac is 'HMAC-SHA256 over the line and the mac before it, with a key that is not in the database.';
comment on column audit_log.key_version is 'Root version of that key.';

-- Read backwards: the newest line first. One for each thing a list is narrowed by.
create index audit_log_by_bot on audit_log (workspace_id, bot_id, at, id) where bot_id is not null;
create index audit_log_by_actor on audit_log (workspace_id, actor_id, at, id) where actor_id is not null;
create index audit_log_by_kind on audit_log (workspace_id, kind, at, id);
create index audit_log_by_resource on audit_log (workspace_id, resource, at, id) where resource is not null;
-- And for two of them: a pair that never met would have all lines of one read in search of the other.
create index audit_log_by_bot_and_kind on audit_log (workspace_id, bot_id, kind, at, id) where bot_id is not null;
create index audit_log_by_actor_and_kind on audit_log (workspace_id, actor_id, kind, at, id) where actor_id is not null;
create index audit_log_by_bot_and_actor on audit_log (workspace_id, bot_id, actor_id, at, id)
    where bot_id is not null and actor_id is not null;
create index audit_log_by_seq on audit_log (workspace_id, seq);

alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy tenant on audit_log to gannet_app
    using (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))
    with check (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()));
create policy keeper on audit_log for select to gannet_retention using (true);
grant select, insert on audit_log to gannet_app;
-- A row trigger comes to every month by itself, one for truncate does not.
create trigger append_only before update or delete on audit_log for each row execute function refuse_change();
create trigger append_only_truncate before truncate on audit_log for each statement execute function refuse_change();

-- What a month does not take over from the whole: the fence, for whoever asks it directly.
create function audit_fence(month regclass) returns void
    language plpgsql as $$
begin
    execute format('alter table %s owner to gannet_retention', month);
    execute format('alter table %s enable row level security', month);
    execute format('alter table %s force row level security', month);
    execute format(
        'create policy tenant on %s to gannet_app
             using (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))
             with check (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))',
        month);
    execute format('create policy keeper on %s for select to gannet_retention using (true)', month);
    execute format(
        'create trigger append_only_truncate before truncate on %s for each statement execute function refuse_change()',
        month);
    execute format('comment on table %s is ''A part of audit_log.''', month);
end
$$;
comment on function audit_fence is 'Puts the fence and the triggers of audit_log around one of its parts.';

-- False: it is there, or its lines lie in the rest already.
create function audit_month(month date) returns boolean
    language plpgsql as $$
declare
    first timestamptz := date_trunc('month', month::timestamp) at time zone 'UTC';
    next  timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') at time zone 'UTC';
    part  text := 'audit_log_' || to_char(month, 'YYYY_MM');
begin
    if to_regclass(part) is not null or exists (select from audit_log_rest where at >= first and at < next) then
        return false;
    end if;
    execute format('create table %I partition of audit_log for values from (%L) to (%L)', part, first, next);
    perform audit_fence(part::regclass);
    return true;
end
$$;
comment on function audit_month is 'Makes the part of audit_log for the month (UTC) of this day.';

create function audit_rest() returns void
    language plpgsql as $$
begin
    create table audit_log_rest partition of audit_log default;
    perform audit_fence('audit_log_rest'::regclass);
end
$$;
comment on function audit_rest is 'Makes the part of audit_log for lines of a month that nobody made ahead.';

alter function audit_fence owner to gannet_retention;
alter function audit_month owner to gannet_retention;
alter function audit_rest owner to gannet_retention;
revoke execute on function audit_fence, audit_month, audit_rest from public;
alter table audit_log owner to gannet_retention;

grant select on audit_log_before to gannet_retention;
set local role gannet_retention;
select audit_rest();
select audit_month(day::date)
from generate_series(
    date_trunc('month', (select coalesce(min(at), gannet_now()) from audit_log_before) at time zone 'UTC'),
    (gannet_now() at time zone 'UTC') + interval '3 months',
    interval '1 month') day;
reset role;

-- One half of the key under which the log keeps where somebody was; the other half is not in the database.
create table person_salts (
    user_id uuid primary key references users on delete cascade,
    salt    bytea not null check (octet_length(salt) = 32)
);
comment on table person_salts is 'What is needed to read where a person was. It goes with the account, and nobody can read it any more.';
grant select, insert on person_salts to gannet_app;

-- Where the chain of each workspace stands.
create table audit_heads (
    workspace_id uuid primary key,
    seq          bigint not null default 0 check (seq >= 0),
    mac          bytea check (octet_length(mac) = 32),
    at           timestamptz not null default '-infinity',
    unchained    bigint not null default 0 check (unchained >= 0),
    check ((seq = 0) = (mac is null))
);
comment on table audit_heads is 'The last line of each workspace''s chain. Locked last in a transaction, so that only lines of one workspace wait for each other.';
comment on column audit_heads.seq is 'Its place; 0 before the first.';
comment on column audit_heads.at is 'Its moment: no line is older than the one before it, even if the clock was set back.';
comment on column audit_heads.unchained is 'Lines that were there before the chain began. The first mac covers it.';
alter table audit_heads enable row level security;
alter table audit_heads force row level security;
create policy tenant on audit_heads to gannet_app
    using (workspace_id = fence_workspace()) with check (workspace_id = fence_workspace());
grant select, insert, update (seq, mac, at) on audit_heads to gannet_app;
-- Anchors are made of it, and hold nothing of what was done.
create policy anchors on audit_heads for select to gannet_worker using (true);
grant select (workspace_id, seq, mac) on audit_heads to gannet_worker;
create policy keeper on audit_heads for select to gannet_retention using (true);
grant select on audit_heads to gannet_retention;

create function refuse_way_back() returns trigger
    language plpgsql as $$
begin
    if new.seq <= old.seq or new.at < old.at then
        raise exception 'a chain only grows' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;
comment on function refuse_way_back is 'Keeps the head of a chain from being set back.';
create trigger only_forward before update on audit_heads for each row execute function refuse_way_back();
create trigger append_only before delete on audit_heads for each row execute function refuse_change();
create trigger append_only_truncate before truncate on audit_heads for each statement execute function refuse_change();

alter table audit_log no force row level security;
alter table audit_heads no force row level security;
insert into audit_log (workspace_id, id, at, bot_id, bot_slug, actor_id, actor_name, kind, resource, details,
                       ip, user_agent, request_id)
select workspace_id, id, at, bot_id, bot_slug, actor_id, actor_name, kind, details ->> 'broadcast', details::json,
       ip, user_agent, request_id
from audit_log_before;
insert into audit_heads (workspace_id, at, unchained)
select workspace_id, max(at), count(*) from audit_log_before group by workspace_id;
alter table audit_log force row level security;
alter table audit_heads force row level security;
