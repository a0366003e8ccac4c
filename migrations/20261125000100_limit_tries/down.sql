drop table client_standings;
drop table limit_buckets;
