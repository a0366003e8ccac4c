drop trigger written on broadcasts;
create trigger written before update of source, silent, protected on broadcasts
    for each row execute function written();
drop trigger touch on broadcasts;
create trigger touch before update of source, status, silent, protected, scheduled_at on broadcasts
    for each row execute function touch();
alter table broadcasts
    drop column audience,
    drop column chosen;
drop table chats;
