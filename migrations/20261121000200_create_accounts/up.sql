-- People with an account. Global: a person can be in many workspaces.
create table users (
    id            uuid primary key,
    email         text not null,
    email_key     text not null unique,
    name          text not null check (char_length(name) between 1 and 80),
    password_hash text not null check (password_hash like '$2b$%'),
    verified_at   timestamptz,
    time_zone     text not null default 'UTC',
    created_at    timestamptz not null default gannet_now(),
    updated_at    timestamptz not null default gannet_now()
);
comment on table users is 'People with an account. Global: a person can be in many workspaces.';
comment on column users.email is 'The address as it was typed; mail goes here.';
comment on column users.email_key is 'The address in lower case: what makes it one person.';
comment on column users.password_hash is 'bcrypt.';
comment on column users.verified_at is 'Null: nobody has proved yet that the address is theirs; no sign-in.';
comment on column users.time_zone is 'IANA name; how times are shown.';
create trigger touch before update on users for each row execute function touch();
grant select, insert, update on users to gannet_app;
grant select on users to gannet_worker;

-- Codes sent by mail. One for each address and purpose: a newer one takes the place of the old. An
-- address without an account has a row like any other when a code was asked for, so that nobody can
-- tell the two apart by asking.
create table email_codes (
    address_hash bytea not null check (octet_length(address_hash) = 32),
    purpose      text not null check (purpose in ('verify')),
    code_hash    bytea not null check (octet_length(code_hash) = 32),
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    tries        smallint not null default 0,
    used_at      timestamptz,
    primary key (address_hash, purpose)
);
comment on table email_codes is 'Codes sent by mail: hashed, short-lived, void after five wrong tries, used once.';
comment on column email_codes.address_hash is 'HMAC-SHA256 of the address with a key outside the database: strangers'' addresses are not kept.';
comment on column email_codes.code_hash is 'HMAC-SHA256 with a key outside the database, bound to address and purpose. Random where no mail was sent.';
create index email_codes_by_expiry on email_codes (expires_at);
grant select, insert, update, delete on email_codes to gannet_app;

-- Browsers that are signed in (or about to be).
create table sessions (
    id_hash      bytea primary key check (octet_length(id_hash) = 32),
    user_id      uuid references users on delete cascade,
    data         jsonb not null,
    created_at   timestamptz not null default gannet_now(),
    last_seen_at timestamptz not null default gannet_now(),
    expires_at   timestamptz not null,
    ip           text,
    user_agent   text
);
comment on table sessions is 'Sessions of the web app. The cookie holds the id, this table its hash.';
comment on column sessions.id_hash is 'SHA-256 of the id in the cookie: a copy of this table signs nobody in.';
comment on column sessions.expires_at is 'The earlier of 30 days idle and 90 days in all.';
create index sessions_by_user on sessions (user_id) where user_id is not null;
create index sessions_by_expiry on sessions (expires_at);
grant select, insert, update, delete on sessions to gannet_app;
grant select, delete on sessions to gannet_worker;

-- Mail that is to be sent. Written in the transaction that makes it true, sent by a job.
create table mails (
    id          uuid primary key,
    cause       text not null unique,
    recipient   text not null,
    subject     text not null,
    body_sealed bytea,
    created_at  timestamptz not null default gannet_now(),
    run_at      timestamptz not null default gannet_now(),
    attempts    integer not null default 0,
    sent_at     timestamptz,
    failed_at   timestamptz,
    last_error  text
);
comment on table mails is 'Outbox of mail.';
comment on column mails.cause is 'What the mail is for; the same cause never mails twice.';
comment on column mails.body_sealed is 'Text and HTML under the database key (they hold codes). Null once an SMTP server took it.';
comment on column mails.failed_at is 'Set when the receiving side refused it for good.';
create index mails_due on mails (run_at) where sent_at is null and failed_at is null;
grant insert, select (cause) on mails to gannet_app;
grant select, insert, update, delete on mails to gannet_worker;

-- What happened to accounts, outside any workspace. Rows are never changed.
create table account_log (
    id         uuid primary key,
    at         timestamptz not null default gannet_now(),
    user_id    uuid,
    kind       text not null,
    ip         text not null,
    user_agent text not null,
    request_id text not null
);
comment on table account_log is 'Sign-ups, sign-ins and refusals. No foreign key: a log outlives what it tells of.';
create index account_log_by_user on account_log (user_id, at desc);
grant select, insert on account_log to gannet_app;

create function refuse_change() returns trigger
    language plpgsql as $$
begin
    raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
comment on function refuse_change is 'Keeps logs append-only, for their owner too.';
create trigger append_only before update or delete on account_log for each row execute function refuse_change();
create trigger append_only_truncate before truncate on account_log for each statement execute function refuse_change();
