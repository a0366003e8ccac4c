-- How often something was tried. One row for each thing that is limited and whoever it is limited for.
create table limit_buckets (
    kind         text not null,
    key          text not null,
    hits         timestamptz[] not null,
    locked_until timestamptz,
    verdict      text not null check (verdict in ('served', 'tripped', 'refused')),
    expires_at   timestamptz not null,
    primary key (kind, key)
);
comment on table limit_buckets is 'How often something was tried: sign-ins by address, codes by account, and the like.';
comment on column limit_buckets.kind is 'What is limited; domain::limit has the bounds.';
comment on column limit_buckets.key is 'For whom: a client''s network, or the hash of an address, a token or a browser.';
comment on column limit_buckets.hits is 'When it was served within the window, oldest first; refusals are not counted.';
comment on column limit_buckets.verdict is 'What came of the last try: tripped is the moment the bucket went over its limit.';
comment on column limit_buckets.expires_at is 'From then on the row says nothing any more.';
create index limit_buckets_by_expiry on limit_buckets (expires_at);
grant select, insert, update, delete on limit_buckets to gannet_app;
grant select, delete on limit_buckets to gannet_worker;

-- Clients that went over a limit, and those that are shut out for it.
create table client_standings (
    client        text primary key,
    episodes      timestamptz[] not null,
    blocked_until timestamptz,
    expires_at    timestamptz not null
);
comment on table client_standings is 'Clients that went over limits lately, and those that are shut out for it.';
comment on column client_standings.client is 'IPv4 address, or IPv6 network of 64 bits.';
comment on column client_standings.episodes is 'When it went over a limit within 24 hours, oldest first; a successful sign-in forgets them.';
create index client_standings_by_expiry on client_standings (expires_at);
create index client_standings_blocked on client_standings (blocked_until) where blocked_until is not null;
grant select, insert, update, delete on client_standings to gannet_app;
grant select, delete on client_standings to gannet_worker;
