-- Three roles exist before the first migration (`gannet migrate --create-roles`, or the embedded
-- PostgreSQL): gannet_owner runs these files, gannet_app serves requests, gannet_worker claims work.
revoke all on schema public from public;
grant usage on schema public to gannet_app, gannet_worker;

-- The clock that judges leases, limits and versions: one for all instances.
create function gannet_now() returns timestamptz
    language sql volatile parallel safe
    return clock_timestamp() + coalesce(nullif(current_setting('app.clock_shift', true), '')::interval, interval '0');
comment on function gannet_now is 'The database clock. Tests shift it through app.clock_shift.';

-- Who a transaction is for. After a transaction that set it, the setting reads '', not null.
create function fence_workspace() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.workspace_id', true), '')::uuid;
create function fence_bot() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.bot_id', true), '')::uuid;
create function fence_user() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.user_id', true), '')::uuid;
comment on function fence_workspace is 'The workspace this transaction is fenced to. Null: none, and then no tenant row is visible.';
comment on function fence_bot is 'The bot this transaction is fenced to, if it is fenced to one.';
comment on function fence_user is 'The person on whose behalf memberships are looked up.';

-- A version never repeats: it is the clock, or a microsecond after the old one.
create function touch() returns trigger
    language plpgsql as $$
begin
    new.updated_at := greatest(gannet_now(), old.updated_at + interval '1 microsecond');
    return new;
end
$$;
comment on function touch is 'Keeps updated_at, the token of if_unmodified_since.';

-- What this instance is, in one row.
create table instance (
    id               boolean primary key default true check (id),
    root_fingerprint text not null,
    created_at       timestamptz not null default gannet_now()
);
comment on table instance is 'What this instance is: one row, written at the first start.';
comment on column instance.root_fingerprint is 'Tells the root key apart from others without giving it away: another key must not start on this data.';
grant select, insert on instance to gannet_worker;
