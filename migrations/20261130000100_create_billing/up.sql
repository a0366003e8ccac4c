-- Whose Stripe's customers are. Global, because an event names a customer and no workspace.
create table stripe_customers (
    customer_id  text primary key check (octet_length(customer_id) between 1 and 255),
    workspace_id uuid not null references workspaces on delete cascade,
    livemode     boolean not null,
    look_at      timestamptz not null default gannet_now(),
    unique (workspace_id, livemode)
);
comment on table stripe_customers is 'Global: finds the workspace of one of Stripe''s customers. Nobody''s request reads it.';
comment on column stripe_customers.livemode is 'In which of Stripe''s two worlds; they never mix.';
comment on column stripe_customers.look_at is 'When it is compared with Stripe again.';
create index stripe_customers_by_look on stripe_customers (look_at);
alter table stripe_customers enable row level security;
alter table stripe_customers force row level security;
create policy worker on stripe_customers to gannet_worker using (true) with check (true);
grant select, insert, update on stripe_customers to gannet_worker;

-- What Stripe told: that something changed, and about whom. No amount, no name, no card.
create table stripe_events (
    id          text primary key check (octet_length(id) between 1 and 255),
    kind        text not null check (octet_length(kind) between 1 and 255),
    livemode    boolean not null,
    created_at  timestamptz not null,
    customer_id text check (octet_length(customer_id) <= 255),
    charge_id   text check (octet_length(charge_id) <= 255),
    received_at timestamptz not null default gannet_now(),
    try_at      timestamptz not null default gannet_now(),
    tries       integer not null default 0,
    settled_at  timestamptz,
    outcome     text check (outcome in ('applied', 'ignored', 'other_mode', 'unknown_customer')),
    check ((settled_at is null) = (outcome is null))
);
comment on table stripe_events is 'Global: each of Stripe''s events once, by its id; kept for 90 days.';
comment on column stripe_events.created_at is 'When it happened, in whole seconds of Stripe''s clock. Nothing is decided by it.';
comment on column stripe_events.charge_id is 'The payment it is about, for what names no customer.';
comment on column stripe_events.try_at is 'When it is to be applied; while somebody applies it, until when they have time.';
create index stripe_events_to_do on stripe_events (try_at) where settled_at is null;
create index stripe_events_by_customer on stripe_events (customer_id) where settled_at is null;
create index stripe_events_by_age on stripe_events (received_at);
grant select, insert, update, delete on stripe_events to gannet_worker;

-- How a workspace stands with Stripe, in each of its two worlds.
create table billing (
    workspace_id   uuid not null references workspaces on delete cascade,
    livemode       boolean not null,
    customer_id    text not null,
    contact_id     uuid references users on delete set null,
    facts          jsonb not null default '{}',
    facts_at       timestamptz,
    looks_begun    bigint not null default 0,
    look_written   bigint not null default 0,
    checkout_no    integer not null default 0,
    checkout_id    text,
    checkout_url   text,
    checkout_price text,
    checkout_until timestamptz,
    ended_by_us    text[] not null default '{}',
    created_at     timestamptz not null default gannet_now(),
    primary key (workspace_id, livemode),
    check ((checkout_id is null) = (checkout_url is null) and (checkout_id is null) = (checkout_price is null)
           and (checkout_id is null) = (checkout_until is null))
);
comment on table billing is 'How a workspace stands with Stripe: what was fetched, and nothing about cards.';
comment on column billing.contact_id is 'Who gets Stripe''s mail, as long as they own the workspace.';
comment on column billing.facts is 'What Stripe said last, as domain::billing::facts has it.';
comment on column billing.looks_begun is 'Numbers the looks at Stripe. One that began earlier does not overwrite one that began later.';
comment on column billing.look_written is 'The look that facts are of.';
comment on column billing.checkout_no is 'Numbers the pages of payment: part of their idempotency key.';
comment on column billing.checkout_id is 'The page of payment that is open. One at a time: two owners pay once.';
comment on column billing.ended_by_us is 'The subscriptions that we let end because the workspace is about to go: written before Stripe is asked.';
create index billing_by_contact on billing (contact_id) where contact_id is not null;

-- What a workspace is told about its plan, as long as it holds.
create table billing_notices (
    workspace_id uuid not null references workspaces on delete cascade,
    kind         text not null,
    about        text not null check (octet_length(about) <= 120),
    since        timestamptz not null default gannet_now(),
    primary key (workspace_id, kind, about)
);
comment on table billing_notices is 'What a workspace is told about its plan: by mail when it begins to hold, by a banner as long as it does.';
comment on column billing_notices.kind is 'What: domain::billing::notice.';
comment on column billing_notices.about is 'About which limit, month or payment; another one is told anew.';

-- How many messages of broadcasts a month has.
create table message_months (
    workspace_id uuid not null references workspaces on delete cascade,
    month        date not null check (month = date_trunc('month', month)),
    messages     bigint not null default 0,
    primary key (workspace_id, month)
);
comment on table message_months is 'Messages of the broadcasts that began in a month (UTC): the whole audience while it goes out, then what arrived.';

alter table broadcasts
    add column counted bigint not null default 0,
    add column counted_elsewhere bigint not null default 0 check (counted_elsewhere >= 0);
comment on column broadcasts.counted is 'How many messages its month counts for it in the workspace where it is.';
comment on column broadcasts.counted_elsewhere is 'How many messages other workspaces counted for it before its bot came from there.';
create function count_messages() returns trigger
    language plpgsql as $$
declare
    began timestamptz := coalesce(new.started_at, old.started_at);
begin
    new.counted := greatest(0, case
        when new.started_at is null then 0
        when new.status in ('done', 'cancelled') then coalesce(
            (select sent from broadcast_tallies t where t.workspace_id = new.workspace_id
                and t.bot_id = new.bot_id and t.broadcast_id = new.id), 0)
        else new.total
    end - new.counted_elsewhere);
    if new.counted <> old.counted then
        insert into message_months (workspace_id, month, messages)
            values (new.workspace_id, date_trunc('month', began at time zone 'UTC')::date, new.counted - old.counted)
        on conflict (workspace_id, month) do update set messages = message_months.messages + excluded.messages;
    end if;
    return new;
end
$$;
comment on function count_messages is 'Keeps message_months: the audience from the beginning on, so that two broadcasts cannot use the same room.';
create trigger count_messages before update of status, total, started_at on broadcasts
    for each row execute function count_messages();

do $$
declare
    name text;
begin
    foreach name in array array['billing', 'billing_notices', 'message_months'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy tenant on %I to gannet_app
            using (workspace_id = fence_workspace()) with check (workspace_id = fence_workspace())', name);
        execute format('grant select, insert, update on %I to gannet_app', name);
    end loop;
end
$$;
-- What holds no longer goes, and is told anew when it holds again.
grant delete on billing_notices to gannet_app;

-- Broadcasts of this month that have begun already. Without the fence, which shows the owner no row: neither of
-- the broadcasts, nor of the tallies that the trigger reads.
alter table broadcasts no force row level security;
alter table broadcast_tallies no force row level security;
alter table message_months no force row level security;
update broadcasts set started_at = started_at
    where started_at >= date_trunc('month', gannet_now() at time zone 'UTC') at time zone 'UTC';
alter table broadcasts force row level security;
alter table broadcast_tallies force row level security;
alter table message_months force row level security;

-- How many bots a workspace has connected is asked by whoever connects one, and is fenced to that one alone.
alter table directory add column connected boolean not null default true;
comment on column directory.connected is 'Whether the bot takes a place of its workspace''s plan; not within its 30 days.';
create index directory_by_workspace on directory (workspace_id) where connected;
grant select (connected), update (connected) on directory to gannet_app;
create function enter_connected() returns trigger
    language plpgsql as $$
begin
    update directory set connected = new.disconnected_at is null where bot_id = new.id;
    return null;
end
$$;
comment on function enter_connected is 'Keeps directory.connected.';
create trigger enter_connected after update of disconnected_at on bots
    for each row when ((old.disconnected_at is null) <> (new.disconnected_at is null))
    execute function enter_connected();

alter table bots no force row level security;
alter table directory no force row level security;
update directory d set connected = false
    from bots b where b.workspace_id = d.workspace_id and b.id = d.bot_id and b.disconnected_at is not null;
alter table bots force row level security;
alter table directory force row level security;
