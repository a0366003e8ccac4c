drop table jobs;
drop table updates;
