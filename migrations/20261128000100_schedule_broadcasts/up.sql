-- A broadcast begins by itself at the time it was given.
alter table broadcasts
    add column scheduled_at      timestamptz,
    add column zone              text check (octet_length(zone) between 1 and 64),
    add column scheduled_by      uuid,
    add column scheduled_by_name text,
    add column silent            boolean not null default false,
    add column protected         boolean not null default false,
    add column written_at        timestamptz not null default gannet_now(),
    -- Whole or not at all.
    add check ((scheduled_at is null) = (zone is null) and (scheduled_at is null) = (scheduled_by is null)
               and (scheduled_at is null) = (scheduled_by_name is null)),
    add check (status <> 'scheduled' or scheduled_at is not null),
    add check (status <> 'draft' or (scheduled_at is null and started_at is null));
comment on column broadcasts.scheduled_at is 'When it is to begin, or was to. Null: only by hand.';
comment on column broadcasts.zone is 'The zone whose clock the time was chosen by, as the database of zones spells it.';
comment on column broadcasts.scheduled_by is 'Who gave it that time.';
comment on column broadcasts.scheduled_by_name is 'What they were called then.';
comment on column broadcasts.silent is 'Whether it arrives without a sound.';
comment on column broadcasts.protected is 'Whether Telegram keeps people from forwarding and saving it.';
comment on column broadcasts.written_at is 'When what it says, or how it arrives, last changed: what is approved is exactly this. Another time is no other message.';

comment on column approvals.version is 'broadcasts.written_at of the draft as it was asked for.';
-- Approvals hold the moment of the text they are about, which so far was that of the row.
alter table broadcasts no force row level security;
update broadcasts set written_at = updated_at;
alter table broadcasts force row level security;

drop trigger touch on broadcasts;
create trigger touch before update of source, status, silent, protected, scheduled_at on broadcasts
    for each row execute function touch();
create function written() returns trigger
    language plpgsql as $$
begin
    new.written_at := new.updated_at;
    return new;
end
$$;
comment on function written is 'Keeps written_at. Runs after touch: triggers of one kind run by name.';
create trigger written before update of source, silent, protected on broadcasts
    for each row execute function written();

-- Those that are due, of all bots together.
create index broadcasts_due on broadcasts (scheduled_at, workspace_id, bot_id, id) where status = 'scheduled';
grant select (scheduled_at) on broadcasts to gannet_worker;
