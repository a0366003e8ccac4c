-- A broadcast may go faster than Telegram's free rate, for Stars, up to a number that whoever sends it has typed.
alter table broadcasts add column paid_cap integer check (paid_cap between 1 and 1000000);
comment on column broadcasts.paid_cap is 'Most Stars that may be paid for going faster; null: it goes at the free rate.';
alter table broadcast_tallies
    add column paid bigint not null default 0 check (paid >= 0),
    add column unpaid_because text;
comment on column broadcast_tallies.paid is 'What may have been paid so far at the most, in thousandths of a Star: counted when an intent is opened, and given back for whom was surely not written to.';
comment on column broadcast_tallies.unpaid_because is 'Why it goes on at the free rate although it may be paid for; null while it need not.';
drop trigger touch on broadcasts;
create trigger touch before update of source, status, silent, protected, scheduled_at, audience, chosen, paid_cap on broadcasts
    for each row execute function touch();
drop trigger written on broadcasts;
create trigger written before update of source, silent, protected, audience, chosen, paid_cap on broadcasts
    for each row execute function written();
