-- A bot may be asked to send more slowly than the instance lets it.
alter table bots add column rate integer check (rate between 1 and 100000);
comment on column bots.rate is 'Most messages a second that the bot sends; null: as many as the instance allows. What the instance allows wins where it is less.';
