drop trigger no_early_end on users;
create trigger no_early_end before delete on users for each row
    when (current_user = 'gannet_worker' and coalesce(old.closes_at, 'infinity') > gannet_now())
    execute function refuse_early_end();
alter table second_factors drop column begun_by;
alter table sessions drop column epoch;
alter table users drop column credentials_epoch;
