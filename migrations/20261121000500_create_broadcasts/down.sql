drop table replies;
drop table leases;
drop table broadcast_tallies;
drop table deliveries;
drop table broadcast_intents;
drop table broadcast_chunks;
drop table broadcasts;
