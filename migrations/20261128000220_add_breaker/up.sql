-- A broadcast stops by itself when too many of its last outcomes are bad, once for each reason.
alter table broadcast_tallies
    add column tripped text check (tripped in ('gone', 'failing', 'unanswered')),
    add column trips text[] not null default '{}';
comment on column broadcast_tallies.tripped is 'Why the circuit breaker paused it; null once a person has decided, or when something else keeps it.';
comment on column broadcast_tallies.trips is 'Reasons for which the circuit breaker has paused it. It does so once for each, and for want of answers each time.';
