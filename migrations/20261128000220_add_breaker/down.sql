alter table broadcast_tallies drop column trips, drop column tripped;
