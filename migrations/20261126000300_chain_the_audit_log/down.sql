alter table audit_log no force row level security;
create temporary table audit_log_after on commit drop as table audit_log;
drop table audit_heads;
drop table person_salts;
drop table audit_log;
drop function audit_rest(), audit_month(date), audit_fence(regclass), refuse_way_back();
revoke usage, create on schema public from gannet_retention;

create table audit_log (
    workspace_id uuid not null,
    id           uuid not null,
    at           timestamptz not null default gannet_now(),
    bot_id       uuid,
    bot_slug     text,
    actor_id     uuid,
    actor_name   text not null,
    kind         text not null,
    details      jsonb not null,
    ip           text,
    user_agent   text,
    request_id   text,
    primary key (workspace_id, id)
);
comment on table audit_log is 'Who did what in a workspace. No foreign key: a log outlives what it tells of, and a cascade would meet the trigger.';
comment on column audit_log.actor_id is 'The person; null when a part of Gannet acted.';
comment on column audit_log.details is 'The event as domain::audit::Event writes it; secrets are never part of it.';
insert into audit_log (workspace_id, id, at, bot_id, bot_slug, actor_id, actor_name, kind, details, ip,
                       user_agent, request_id)
select workspace_id, id, at, bot_id, bot_slug, actor_id, actor_name, kind, details::jsonb, ip, user_agent,
       request_id
from audit_log_after;
create index audit_log_by_bot on audit_log (workspace_id, bot_id, id desc) where bot_id is not null;
alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy tenant on audit_log to gannet_app
    using (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()))
    with check (workspace_id = fence_workspace() and (fence_bot() is null or bot_id = fence_bot()));
grant select, insert on audit_log to gannet_app;
create trigger append_only before update or delete on audit_log for each row execute function refuse_change();
create trigger append_only_truncate before truncate on audit_log for each statement execute function refuse_change();
