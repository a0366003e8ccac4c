//! Who is refused is on record; who is not to be trusted for the moment is signed out.

use contract::{
    account::AccountApi,
    audit::{AuditApi, Filter},
    bots::BotsApi,
    instance::InstanceApi,
    team::{Change, Naming, TeamApi},
};
use domain::rights::Role;
use futures::future::join_all;
use services::refusals;

use super::{
    teaming::{is_conflict, is_refused, user},
    *,
};

const REFUSED: &str =
    "select concat_ws(' ', actor_name, details ->> 'needed', details ->> 'times', bot_slug)
                       from audit_log where kind = 'access.refused' order by seq";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_member_is_refused_is_on_record_together_and_in_a_transaction_of_its_own() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let bob = gannet.joins(&ann, "bob@example.com", Role::Member).await;
    let rename = || gannet.svc.rename(&bob, Naming { name: "Bob's".into() });
    let refused = join_all((0..64).map(|_| rename())).await;
    assert!(refused.iter().all(is_refused));
    assert!(is_refused(&AuditApi::list(&gannet.svc, &bob, &Filter::default()).await));
    assert_eq!(gannet.texts(REFUSED).await, [""; 0], "no request waits for it");

    refusals::write(&gannet.svc).await;
    let mut lines = gannet.texts(REFUSED).await;
    lines.sort();
    assert_eq!(lines, ["bob admin 64", "bob audit 1"]);
    refusals::write(&gannet.svc).await;
    assert_eq!(gannet.texts(REFUSED).await.len(), 2, "once");
    let page = AuditApi::list(&gannet.svc, &ann, &Filter::default()).await.expect("the log");
    let said: Vec<_> = page.rows.iter().map(|line| line.sentence.as_str()).collect();
    assert!(said.contains(&"asked for what needs an admin and was refused, 64 times"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_bot_it_is_the_bots_line_and_outside_it_is_the_persons_whether_there_is_a_bot_or_not()
 {
    let gannet = Instance::new().await;
    let acme = gannet.db.tenant("acme").await;
    let bob = gannet.member("bob@example.com", "Bob").await;
    let bob = gannet.here(bob, &cx()).await;
    for slug in ["acme_bot", "no_such_bot", "", "' or true"] {
        assert!(is_refused(&gannet.svc.frame(&bob, slug).await), "{slug}");
    }
    assert!(is_refused(&gannet.svc.blocks(&bob).await), "nor does he look after the instance");
    refusals::write(&gannet.svc).await;
    assert_eq!(gannet.texts(REFUSED).await, [""; 0], "nobody else's log says that he asked");
    let kinds = "select kind from account_log where kind = 'account.access_refused'";
    assert_eq!(gannet.texts(kinds).await.len(), 2, "one for all bots, and one for the instance");

    let person = testdb::Person { id: user(&bob), email: "bob@example.com".into() };
    gannet.db.member(acme.workspace, &person, Role::Member).await;
    assert!(is_refused(&gannet.svc.frame(&bob, "acme_bot").await), "a member without a grant");
    refusals::write(&gannet.svc).await;
    assert_eq!(gannet.texts(REFUSED).await, ["Bob view 1 acme_bot"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_counted_on() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let bob = gannet.joins(&ann, "bob@example.com", Role::Member).await;
    let refuse = async || {
        let form = Naming { name: "Bob's".into() };
        assert!(is_refused(&gannet.svc.rename(&bob, form).await));
    };
    refuse().await;
    let admin = gannet.db.superuser().await;
    admin
        .batch_execute(
            "create function fail() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
             create trigger a_fail before update on audit_heads for each row execute function fail()",
        )
        .await
        .expect("in the way");
    refusals::write(&gannet.svc).await;
    refuse().await;
    admin.batch_execute("drop trigger a_fail on audit_heads").await.expect("out of the way");
    refusals::write(&gannet.svc).await;
    assert_eq!(gannet.texts(REFUSED).await, ["bob admin 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_ends_the_sessions_of_a_member_up_to_their_own_rank() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let bob = gannet.joins(&ann, "bob@example.com", Role::Admin).await;
    let cleo = gannet.joins(&ann, "cleo@example.com", Role::Member).await;
    let eve = gannet.member("eve@example.com", "Eve").await;
    let out = async |by: &RequestCx, who: UserId| {
        gannet.svc.sign_out(by, Change { user: who.to_string(), role: String::new() }).await
    };
    let epoch = async |cx: &RequestCx| gannet.admission(user(cx)).await.epoch;
    let before = epoch(&cleo).await;

    assert!(is_refused(&out(&cleo, user(&bob)).await), "a member touches nobody");
    assert!(is_conflict(&out(&bob, user(&ann)).await), "nor does an admin an owner");
    assert!(is_conflict(&out(&bob, eve).await), "nor anybody who is no member");
    assert!(is_conflict(&out(&bob, user(&bob)).await), "one's own are ended elsewhere");
    let stale = RequestCx { proved_at: None, ..bob.clone() };
    assert_eq!(fields(out(&stale, user(&cleo)).await), ["again"]);
    assert_eq!(epoch(&cleo).await, before);

    out(&bob, user(&cleo)).await.expect("signed out");
    assert_eq!(epoch(&cleo).await, before + 1, "what was admitted before counts no more");
    assert!(gannet.svc.sessions(&cleo).await.expect("an answer").is_empty());
    gannet.mail_about("cleo@example.com", "You were signed out of Gannet").await;
    let line = "select actor_name || ' ' || (details ->> 'name') from audit_log where kind = 'member.signed_out'";
    assert_eq!(gannet.texts(line).await, ["bob cleo"]);
    assert!(gannet.log().await.contains(&"account.sessions_ended_by_admin".to_owned()));
    let from =
        "select ip || user_agent from account_log where kind = 'account.sessions_ended_by_admin'";
    assert_eq!(gannet.texts(from).await, [""], "from where he did it is not hers to know");
    assert!(gannet.login("cleo@example.com", PASSWORD).await.is_ok(), "she comes back");
    for _ in 0..2 {
        out(&bob, user(&cleo)).await.expect("again");
    }
    let often = out(&ann, user(&cleo)).await;
    assert!(matches!(often, Err(ClientError::RateLimited { .. })), "nor for ever: {often:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_flood_takes_nobody_elses_place() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let (bob, cleo) = (
        gannet.joins(&ann, "bob@example.com", Role::Member).await,
        gannet.joins(&ann, "cleo@example.com", Role::Member).await,
    );
    let acme = gannet.db.tenant("acme").await;
    let person = testdb::Person { id: user(&bob), email: "bob@example.com".into() };
    gannet.db.member(acme.workspace, &person, Role::Member).await;
    let bots = "insert into bots (workspace_id, id, telegram_id, username, slug, name, api, delivery, token_last4,
                                  welcome, goodbye)
                select workspace_id, gen_random_uuid(), 900000 + n, 'b' || n || '_bot', 'b' || n || '_bot', 'B', api,
                       delivery, 'TEST', '', '' from bots, generate_series(1, 100) n";
    let directory = "insert into directory (bot_id, workspace_id, slug, api, telegram_id, hook, hook_hash)
                     select id, workspace_id, slug, api, telegram_id, 'hook' || telegram_id, sha256('x')
                     from bots where slug ~ '^b[0-9]'";
    let admin = gannet.db.superuser().await;
    admin.batch_execute(bots).await.expect("a hundred bots");
    admin.batch_execute(directory).await.expect("that are found");
    for n in 1..=100 {
        assert!(is_refused(&gannet.svc.frame(&bob, &format!("b{n}_bot")).await));
    }
    assert!(is_refused(&gannet.svc.rename(&cleo, Naming { name: "Cleo's".into() }).await));
    refusals::write(&gannet.svc).await;
    let lines = gannet.texts(REFUSED).await;
    assert_eq!(lines.len(), 64 + 1, "{lines:?}");
    assert!(lines.contains(&"cleo admin 1".to_owned()), "{lines:?}");
}
