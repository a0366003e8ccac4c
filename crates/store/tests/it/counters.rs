//! Counters say what counting would.

use std::collections::BTreeMap;

use testdb::{Tenant, TestDb};
use tokio_postgres::Client;

const WRITERS: u64 = 6;
const STATEMENTS: u64 = 60;
const STATUSES: [&str; 5] = ["active", "paused", "unsubscribed", "blocked", "deactivated"];

/// Numbers that look random and are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// One statement as a request would make it: people come (again), or change.
async fn write(app: &Client, tenant: &Tenant, dice: &mut Dice) {
    let (workspace, bot) = (tenant.workspace, tenant.bot.id);
    let (first, people) = (dice.below(200), 1 + dice.below(30));
    let (days_ago, status) = (dice.below(3), STATUSES[dice.below(5) as usize]);
    let last = first + people - 1;
    let sql = match dice.below(3) {
        0 => format!(
            "update subscribers set status = '{status}' where chat_id = any (array(
                 select chat_id from subscribers where chat_id between {first} and {last}
                 order by chat_id for no key update))"
        ),
        _ => format!(
            "insert into subscribers (workspace_id, bot_id, chat_id, name, source, status, since)
             select '{workspace}', '{bot}', chat, 'Ada', (array['link', 'ad', null])[1 + chat % 3], '{status}',
                    gannet_now() - interval '1 day' * ({days_ago} + chat % 2)
             from generate_series({first}, {last}) chat
             on conflict (workspace_id, bot_id, chat_id) do update set status = excluded.status"
        ),
    };
    let fence = format!(
        "begin; select set_config('app.workspace_id', '{workspace}', true), set_config('app.bot_id', '{bot}', true)"
    );
    app.batch_execute(&format!("{fence}; {sql}; commit"))
        .await
        .unwrap_or_else(|err| panic!("{sql}: {err:?}"));
}

/// Names and numbers of two columns, the zeros left out.
async fn tally(admin: &Client, sql: &str, tenant: &Tenant) -> BTreeMap<String, i64> {
    let rows = admin
        .query(sql, &[&tenant.bot.id.as_uuid()])
        .await
        .unwrap_or_else(|err| panic!("{sql}: {err:?}"));
    rows.iter().map(|row| (row.get(0), row.get(1))).filter(|&(_, n)| n != 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_equal_the_counted_truth_under_parallel_writers() {
    let db = TestDb::new().await;
    let tenants = [db.tenant("acme").await, db.tenant("mallory").await];
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..WRITERS {
        let (app, tenants) = (db.app().await, tenants.clone());
        writers.spawn(async move {
            let mut dice = Dice(n);
            for _ in 0..STATEMENTS {
                let tenant = &tenants[dice.below(2) as usize];
                write(&app, tenant, &mut dice).await;
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.expect("no writer fails");
    }

    let admin = db.superuser().await;
    let same = [
        (
            "select status, count(*) from subscribers where bot_id = $1 group by 1",
            "select status, sum(n)::bigint from bot_counters,
                    lateral (values ('active', active), ('paused', paused), ('unsubscribed', unsubscribed),
                                    ('blocked', blocked), ('deactivated', deactivated)) as v (status, n)
             where bot_id = $1 group by 1",
        ),
        (
            "select (since at time zone 'UTC')::date::text, count(*) from subscribers where bot_id = $1 group by 1",
            "select day::text, sum(joined)::bigint from bot_days where bot_id = $1 group by 1",
        ),
        (
            "select source, count(*) from subscribers where bot_id = $1 and source is not null group by 1",
            "select source, sum(joined)::bigint from bot_sources where bot_id = $1 group by 1",
        ),
    ];
    for tenant in &tenants {
        for (truth, counter) in same {
            let counted = tally(&admin, truth, tenant).await;
            assert!(counted.len() > 1, "{truth}");
            assert_eq!(tally(&admin, counter, tenant).await, counted, "{counter}");
        }
    }
}

#[tokio::test]
async fn a_statement_that_is_rolled_back_is_not_counted() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    let admin = db.superuser().await;
    let insert = format!(
        "begin; insert into subscribers (workspace_id, bot_id, chat_id, name, status)
         values ('{}', '{}', 1, 'Ada', 'active'); rollback",
        acme.workspace, acme.bot.id
    );
    admin.batch_execute(&insert).await.expect("written and taken back");
    let counters =
        "select 'active', coalesce(sum(active), 0)::bigint from bot_counters where bot_id = $1";
    assert_eq!(tally(&admin, counters, &acme).await, BTreeMap::new());
}
