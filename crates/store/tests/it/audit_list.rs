//! Reading the audit log: pages by key, whatever it is narrowed by, and never a table whole.

use domain::{
    Timestamp,
    ids::{BotId, UserId},
};
use store::{
    StoreError,
    audit::{self, Filter},
};
use testdb::{Tenant, TestDb};

use crate::support::number;

const LINES: usize = 20_000;

/// A tenant with a log of [`LINES`] lines over a year, of ten kinds, by twenty people, about two bots and
/// none; and a neighbour's log of as many.
struct Full {
    db: TestDb,
    acme: Tenant,
    bots: [BotId; 2],
    people: Vec<UserId>,
}

impl Full {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let (acme, other) = (db.tenant("acme").await, db.tenant("other").await);
        let second = db.bot(acme.workspace, "acme_second_bot").await;
        let admin = db.superuser().await;
        admin
            .batch_execute("select audit_month((now() - make_interval(months => n))::date) from generate_series(1, 12) n")
            .await
            .expect("months of the past");
        let fill = format!(
            "insert into audit_log (workspace_id, id, at, bot_id, actor_id, actor_name, kind, resource, details)
             select $1, gen_random_uuid(), now() - n * interval '26 minutes',
                    (array[$2, $3, null]::uuid[])[n % 3 + 1], md5('person' || n % 20)::uuid, 'Ann',
                    'kind.' || n % 10, case when n % 4 = 0 then 'thing' || n % 400 end, '{{}}'
             from generate_series(1, {LINES}) n"
        );
        for tenant in [&acme, &other] {
            let values = [tenant.workspace.as_uuid(), tenant.bot.id.as_uuid(), second.id.as_uuid()];
            let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
                values.iter().map(|value| value as _).collect();
            admin.execute(&fill, &values).await.expect("lines");
        }
        admin.batch_execute("analyze audit_log").await.expect("counted");
        let people = admin
            .query("select md5('person' || n)::uuid from generate_series(0, 19) n", &[])
            .await
            .expect("people");
        let people = people.iter().map(|row| row.get::<_, uuid::Uuid>(0).into()).collect();
        let bots = [acme.bot.id, second.id];
        Self { db, acme, bots, people }
    }

    fn filters(&self) -> Vec<(&'static str, Filter, usize)> {
        let now = Timestamp::now();
        let hours = |n: i64| now - jiff::SignedDuration::from_hours(n);
        let all = Filter::default;
        vec![
            ("nothing", all(), LINES),
            ("a person", Filter { person: Some(self.people[3]), ..all() }, LINES / 20),
            ("a bot", Filter { bots: Some(vec![self.bots[0]]), ..all() }, LINES / 3),
            ("bots", Filter { bots: Some(self.bots.to_vec()), ..all() }, LINES * 2 / 3),
            ("a kind", Filter { kind: Some("kind.7".into()), ..all() }, LINES / 10),
            ("a thing", Filter { resource: Some("thing8".into()), ..all() }, LINES / 400),
            (
                "a while",
                Filter { from: Some(hours(2_000)), until: Some(hours(1_000)), ..all() },
                1_000 * 60 / 26,
            ),
            ("nobody", Filter { person: Some(uuid::Uuid::nil().into()), ..all() }, 0),
            (
                "a person and a kind",
                Filter { person: Some(self.people[3]), kind: Some("kind.3".into()), ..all() },
                LINES / 20,
            ),
        ]
    }
}

#[tokio::test]
async fn every_line_stands_on_one_page_newest_first_whatever_it_is_narrowed_by() {
    let full = Full::new().await;
    for (what, mut filter, count) in full.filters() {
        let mut seen = Vec::new();
        loop {
            let page = full
                .db
                .store()
                .workspace(&full.acme.scope(), async |tx| {
                    Ok::<_, StoreError>(audit::list(tx, &filter, 700).await?)
                })
                .await
                .expect(what);
            let Some(last) = page.last() else { break };
            filter.before = Some(last.cursor());
            seen.extend(page.iter().map(|line| (line.at(), line.id)));
        }
        assert!(seen.len().abs_diff(count) <= 1, "{what}: {} instead of {count}", seen.len());
        assert!(seen.is_sorted_by(|one, next| one > next), "{what}: newest first, none twice");
    }
}

#[tokio::test]
async fn neither_the_first_page_nor_the_last_reads_a_table_whole() {
    let full = Full::new().await;
    let admin = full.db.superuser().await;
    let oldest = Timestamp::now() - jiff::SignedDuration::from_hours(8_600);
    for (what, filter, _) in full.filters() {
        let key = store::Cursor { at: oldest, key: uuid::Uuid::max().into() };
        for before in [None, Some(key)] {
            let filter = Filter { before, ..filter.clone() };
            let plan = full
                .db
                .store()
                .workspace(&full.acme.scope(), async |tx| {
                    Ok::<_, StoreError>(audit::plan(tx, &filter, 51).await?)
                })
                .await
                .expect(what);
            let plan = plan.join("\n");
            assert!(before.is_some() || plan.contains("Index"), "{what}:\n{plan}");
            // What the list is narrowed by leads into the index, rather than being picked out of all.
            let narrow = [("a person", "actor_id"), ("a kind", "kind"), ("a thing", "resource")];
            for (_, column) in narrow.iter().filter(|(name, _)| before.is_none() && *name == what) {
                // Whose salt it is looked up by itself, for the lines of the page.
                let is_of_log =
                    |line: &&str| line.contains("Index Cond") && !line.contains("(user_id =");
                let conditions = plan.lines().filter(is_of_log);
                let leads =
                    conditions.into_iter().all(|line| line.contains(&format!("({column} =")));
                assert!(leads, "{what}:\n{plan}");
            }
            // A month that is next to empty is read whole, and no other.
            let read_whole = plan.lines().filter_map(|line| line.split("Seq Scan on ").nth(1));
            for part in read_whole.filter_map(|rest| rest.split(' ').next()) {
                let lines = number(&admin, &format!("select count(*) from {part}")).await;
                assert!(lines < 200, "{what}, {before:?}: {lines} lines are read:\n{plan}");
            }
        }
    }
}
