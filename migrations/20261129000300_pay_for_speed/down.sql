drop trigger written on broadcasts;
create trigger written before update of source, silent, protected, audience, chosen on broadcasts
    for each row execute function written();
drop trigger touch on broadcasts;
create trigger touch before update of source, status, silent, protected, scheduled_at, audience, chosen on broadcasts
    for each row execute function touch();
alter table broadcast_tallies
    drop column paid,
    drop column unpaid_because;
alter table broadcasts drop column paid_cap;
