-- A second factor: what an authenticator app holds.
create table second_factors (
    user_id       uuid primary key references users on delete cascade,
    secret_sealed bytea not null,
    confirmed_at  timestamptz,
    last_step     bigint not null default 0,
    created_at    timestamptz not null default gannet_now()
);
comment on table second_factors is 'The secret that a person''s authenticator app shares with us (RFC 6238).';
comment on column second_factors.secret_sealed is '160 bits under the database key.';
comment on column second_factors.confirmed_at is 'Null: enrolment has begun and no code has proved it yet.';
comment on column second_factors.last_step is 'The newest step of 30 seconds that was used: none is taken twice.';
grant select, insert, update, delete on second_factors to gannet_app;

create table backup_codes (
    user_id    uuid not null references users on delete cascade,
    code_hash  bytea not null check (octet_length(code_hash) = 32),
    created_at timestamptz not null default gannet_now(),
    used_at    timestamptz,
    primary key (user_id, code_hash)
);
comment on table backup_codes is 'For whoever has lost the authenticator app. Each works once; a new set takes the place of the old.';
comment on column backup_codes.code_hash is 'HMAC-SHA256 with a key outside the database, bound to the person.';
grant select, insert, update, delete on backup_codes to gannet_app;

alter table workspaces add column second_factor_required boolean not null default false;
comment on column workspaces.second_factor_required is 'Members without a second factor are led to set one up before anything else.';
