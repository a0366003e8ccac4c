-- Links that set a new password.
create table password_resets (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    user_id    uuid references users on delete cascade,
    created_at timestamptz not null default gannet_now(),
    expires_at timestamptz not null,
    used_at    timestamptz
);
comment on table password_resets is 'Links that set a new password: hashed, 60 minutes, used once.';
comment on column password_resets.user_id is 'Null where no account has the address: it leaves a row like any other.';
create index password_resets_by_expiry on password_resets (expires_at);
create index password_resets_by_user on password_resets (user_id) where user_id is not null;
grant select, insert, update, delete on password_resets to gannet_app;

-- The address that a person wants to have, until they prove that it is theirs.
create table address_changes (
    user_id    uuid primary key references users on delete cascade,
    email      text not null,
    email_key  text not null,
    created_at timestamptz not null default gannet_now()
);
comment on table address_changes is 'The address that a person wants to have, until a code proves that it is theirs.';
grant select, insert, update, delete on address_changes to gannet_app;

alter table email_codes drop constraint email_codes_purpose_check;
alter table email_codes add constraint email_codes_purpose_check check (purpose in ('verify', 'change_address'));

alter table users add column closes_at timestamptz;
comment on column users.closes_at is 'When the account goes for good, 30 days after its owner closed it. Signing in before keeps it.';
create index users_by_closing on users (closes_at) where closes_at is not null;
