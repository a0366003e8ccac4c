-- Who looks after the instance as a whole.
alter table users add column instance_admin boolean not null default false;
comment on column users.instance_admin is 'Looks after the instance: blocks, invitations to sign up. No right on anybody''s workspace.';
create index users_instance_admins on users (id) where instance_admin;

-- Who may sign up where strangers may not.
create table signup_invitations (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    email_key  text not null,
    created_at timestamptz not null default gannet_now(),
    expires_at timestamptz not null
);
comment on table signup_invitations is 'Who may sign up where strangers may not (SIGNUPS=invite).';
comment on column signup_invitations.email_key is 'The only address that may use it, and an address has one account: so it is used once.';
create index signup_invitations_by_expiry on signup_invitations (expires_at);
grant select, insert, delete on signup_invitations to gannet_app;
