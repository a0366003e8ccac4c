alter table workspaces drop column second_factor_required;
drop table backup_codes;
drop table second_factors;
