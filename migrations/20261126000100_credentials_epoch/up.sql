-- Sign-ins that are under way when all sessions end must end with them: a session holds as long as the
-- credentials of its person are of the epoch in which it was begun.
alter table users add column credentials_epoch bigint not null default 0;
comment on column users.credentials_epoch is 'Raised by whatever ends all other sessions. Sessions and sign-ins of an earlier one are dead.';

alter table sessions add column epoch bigint;
comment on column sessions.epoch is 'users.credentials_epoch as its person signed in; null while nobody has.';
update sessions set epoch = 0 where user_id is not null;
alter table sessions add check ((user_id is null) = (epoch is null));

alter table second_factors add column begun_by bytea;
comment on column second_factors.begun_by is 'The session in which the secret was drawn: it is shown and confirmed there and nowhere else.';

-- An address that nobody has proved for 30 days holds nothing back from whoever has it.
drop trigger no_early_end on users;
create trigger no_early_end before delete on users for each row
    when (current_user = 'gannet_worker' and coalesce(old.closes_at, 'infinity') > gannet_now()
          and (old.verified_at is not null or old.created_at > gannet_now() - interval '30 days'))
    execute function refuse_early_end();
