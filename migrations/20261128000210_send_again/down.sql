comment on column broadcast_tallies.unknown is null;
alter table broadcast_tallies drop column again;
alter table broadcast_chunks drop column attempt;
