alter table second_factors drop column begun_by;
alter table sessions drop column epoch;
alter table users drop column credentials_epoch;
