-- What waits for a time that nobody would look at any more is a draft again.
alter table broadcasts no force row level security;
alter table broadcasts disable trigger touch;
update broadcasts set status = 'draft', scheduled_at = null, zone = null, scheduled_by = null, scheduled_by_name = null
where status = 'scheduled';
alter table broadcasts enable trigger touch;
alter table broadcasts force row level security;

comment on column approvals.version is 'broadcasts.updated_at of the draft as it was asked for.';
drop index broadcasts_due;
drop trigger written on broadcasts;
drop function written;
drop trigger touch on broadcasts;
create trigger touch before update of source, status on broadcasts for each row execute function touch();
alter table broadcasts
    drop column scheduled_at,
    drop column zone,
    drop column scheduled_by,
    drop column scheduled_by_name,
    drop column silent,
    drop column protected,
    drop column written_at;
