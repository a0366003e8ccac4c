alter table bots add column read_only boolean not null default false;
comment on column bots.read_only is 'While it is set nothing of the bot is edited and nothing is sent in its name; what subscribers do is still noted.';
