//! A second person's word before a message goes to many.
//!
//! One piece: every test here needs the same team, and reads like a sentence of the one rule.

use contract::{
    ClientError,
    approvals::{ApprovalsApi, Ask, Bound, Refuse, Request, Which},
    bots::{BotsApi, ReadOnly},
    broadcasts::{BroadcastsApi, Draft},
    cx::RequestCx,
};
use domain::{
    approval::State,
    broadcast::Status,
    ids::BroadcastId,
    rights::{Right, Role},
};
use futures::future::join_all;
use services::mail;

use crate::rig::{Engine, Rig};

const SENDS: [Right; 2] = [Right::Edit, Right::Send];

/// A bot with ten subscribers, in a workspace that wants a second person above nine.
struct Team {
    rig: Rig,
    /// The owner.
    ann: RequestCx,
}

impl Team {
    async fn new() -> Self {
        Self::above("9").await
    }

    async fn above(above: &str) -> Self {
        let rig = Rig::new(10, 1_000).await;
        let ann = called(rig.cx(), "Ann");
        let team = Self { rig, ann };
        team.bound(&team.ann, above).await.expect("a bound");
        team
    }

    async fn bound(&self, cx: &RequestCx, above: &str) -> Result<(), ClientError> {
        self.rig.svc.set_bound(cx, Bound { above: above.into() }).await
    }

    /// A member with these rights on the bot.
    async fn member(&self, name: &str, rights: &[Right]) -> RequestCx {
        let (db, acme) = (&self.rig.db, &self.rig.acme);
        let who = db.person(&name.to_lowercase()).await;
        db.member(acme.workspace, &who, Role::Member).await;
        if !rights.is_empty() {
            db.grant(acme.workspace, &acme.bot, &who, rights).await;
        }
        called(self.rig.cx_of(&who), name)
    }

    /// A draft of Ann's with its version.
    async fn draft(&self) -> (BroadcastId, String) {
        self.rig.draft("Hello").await
    }

    async fn ask(&self, cx: &RequestCx, id: BroadcastId, version: &str) -> Result<(), ClientError> {
        self.rig.svc.ask(cx, self.rig.slug(), id, Ask { version: version.into() }).await
    }

    /// A draft for whose approval Ann has asked.
    async fn asked(&self) -> (BroadcastId, String) {
        let (id, version) = self.draft().await;
        self.ask(&self.ann, id, &version).await.expect("asked");
        (id, version)
    }

    async fn last(&self, cx: &RequestCx, id: BroadcastId) -> Request {
        let standing = self.rig.svc.standing(cx, self.rig.slug(), id).await.expect("a standing");
        standing.last.expect("a request")
    }

    async fn which(&self, id: BroadcastId) -> Which {
        let Request { id, version, .. } = self.last(&self.ann, id).await;
        Which { request: id.to_string(), version }
    }

    async fn approve(&self, cx: &RequestCx, id: BroadcastId) -> Result<(), ClientError> {
        self.rig.svc.approve(cx, self.rig.slug(), id, self.which(id).await).await
    }

    async fn refuse(&self, cx: &RequestCx, id: BroadcastId, why: &str) -> Result<(), ClientError> {
        let form = Refuse { request: self.which(id).await.request, reason: why.into() };
        self.rig.svc.refuse(cx, self.rig.slug(), id, form).await
    }

    async fn withdraw(&self, cx: &RequestCx, id: BroadcastId) -> Result<(), ClientError> {
        self.rig.svc.withdraw(cx, self.rig.slug(), id, self.which(id).await).await
    }

    async fn send(
        &self,
        cx: &RequestCx,
        id: BroadcastId,
        version: &str,
    ) -> Result<(), ClientError> {
        self.rig.svc.send(cx, self.rig.slug(), id, version).await
    }

    /// Saves another text; gives the new version.
    async fn edit(&self, cx: &RequestCx, id: BroadcastId, version: &str, text: &str) -> String {
        let draft =
            Draft { text: text.into(), if_unmodified_since: version.into(), ..Draft::default() };
        let saved = self.rig.svc.save(cx, self.rig.slug(), Some(id), draft).await;
        saved.expect("edited").version
    }

    async fn kinds(&self) -> Vec<String> {
        let sql = "select kind from audit_log where kind like 'approval.%' order by seq";
        self.rig.texts(sql).await
    }

    /// Addresses of the mails with this subject.
    async fn mailed(&self, subject: &str) -> Vec<String> {
        let mails = mail::kept(&self.rig.svc).await.expect("mails").into_iter();
        let mut to: Vec<String> =
            mails.filter(|mail| mail.subject == subject).map(|mail| mail.to).collect();
        to.sort_unstable();
        to
    }
}

fn called(mut cx: RequestCx, name: &str) -> RequestCx {
    if let Some(viewer) = &mut cx.viewer {
        viewer.name = name.into();
    }
    cx
}

/// What a conflict says; empty for anything else.
fn conflict<T>(answer: Result<T, ClientError>) -> String {
    match answer {
        Err(ClientError::Conflict { message }) => message,
        _ => String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_bound_sending_waits_for_a_second_person_and_at_it_for_nobody() {
    let at = Team::above("10").await;
    let (id, version) = at.draft().await;
    at.member("Bob", &SENDS).await;
    assert!(conflict(at.ask(&at.ann, id, &version).await).contains("No second person is needed"));
    at.send(&at.ann, id, &version).await.expect("ten are not more than ten");

    let above = Team::new().await;
    let bob = above.member("Bob", &SENDS).await;
    let engine = Engine::start(&above.rig.svc);
    let (id, version) = above.draft().await;
    for cx in [&above.ann, &bob] {
        let refused = conflict(above.send(cx, id, &version).await);
        assert!(refused.contains("a second person"), "whoever presses Send: {refused}");
    }
    above.ask(&above.ann, id, &version).await.expect("asked");
    let refused = conflict(above.send(&above.ann, id, &version).await);
    assert!(refused.contains("a second person"), "asking is not approving: {refused}");
    assert!(above.rig.texts("select 1 from broadcast_chunks").await.is_empty(), "nothing froze");
    above.approve(&bob, id).await.expect("approved");
    above.send(&above.ann, id, &version).await.expect("approved, so whoever may send sends");
    let (_, tally) = above.rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!(tally.sent, 10);
    assert_eq!(above.kinds().await, ["approval.asked", "approval.approved"]);
    assert_eq!(above.last(&bob, id).await.state, State::Approved, "it stays on record");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_what_they_asked_for_wrote_or_changed() {
    let team = Team::new().await;
    let bob = team.member("Bob", &SENDS).await;
    let cyn = team.member("Cyn", &SENDS).await;
    let eve = team.member("Eve", &[Right::Send]).await;
    let (id, version) = team.draft().await;
    let version = team.edit(&cyn, id, &version, "Hello, all").await;
    team.ask(&bob, id, &version).await.expect("asked");
    for (who, why) in
        [(&team.ann, "wrote or changed"), (&cyn, "wrote or changed"), (&bob, "You asked")]
    {
        let refused = conflict(team.approve(who, id).await);
        assert!(refused.contains(why), "{refused}");
        let refused = conflict(team.refuse(who, id, "").await);
        assert!(refused.contains(why), "nor refuses: {refused}");
        assert!(team.last(who, id).await.not_you.expect("not they").contains(why));
    }
    assert_eq!(team.last(&eve, id).await.not_you, None);
    team.approve(&eve, id).await.expect("approved");
    // The database itself holds to it.
    let admin = team.rig.db.superuser().await;
    let own = "update approvals set decided_by = asked_by";
    assert!(admin.batch_execute(own).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_voids_what_was_asked_and_what_was_approved() {
    let team = Team::new().await;
    let bob = team.member("Bob", &SENDS).await;
    let (id, version) = team.asked().await;
    let before = team.which(id).await;
    let version = team.edit(&bob, id, &version, "Another").await;
    assert_eq!(team.last(&team.ann, id).await.state, State::Voided);
    let slug = team.rig.slug();
    let late = conflict(team.rig.svc.approve(&bob, slug, id, before).await);
    assert!(late.contains("wrote or changed") || late.contains("Bob has changed"), "{late}");

    let eve = team.member("Eve", &[Right::Send]).await;
    team.ask(&team.ann, id, &version).await.expect("once more");
    let approved = team.which(id).await;
    team.approve(&eve, id).await.expect("approved");
    // Saving what is there already changes nothing.
    team.edit(&team.ann, id, &version, "Another").await;
    assert_eq!(team.last(&team.ann, id).await.state, State::Approved);
    let newer = team.edit(&team.ann, id, &version, "Yet another").await;
    assert!(conflict(team.send(&team.ann, id, &newer).await).contains("a second person"));
    assert!(conflict(team.send(&team.ann, id, &version).await).contains("changed after"));
    let again = conflict(team.rig.svc.approve(&eve, slug, id, approved).await);
    assert!(again.contains("Ann has changed"), "{again}");

    team.ask(&team.ann, id, &newer).await.expect("a third time");
    // An approval of one version opens no other, however it came there.
    team.approve(&eve, id).await.expect("approved");
    let admin = team.rig.db.superuser().await;
    let shift = "update approvals set version = version + interval '1 microsecond'";
    admin.batch_execute(shift).await.expect("shifted");
    assert!(conflict(team.send(&team.ann, id, &newer).await).contains("a second person"));
    team.rig.svc.discard(&team.ann, slug, id).await.expect("discarded");
    assert!(team.rig.texts("select id from approvals").await.is_empty());
    let want = "asked voided asked approved voided asked approved voided";
    let kinds = team.kinds().await.join(" ").replace("approval.", "");
    assert_eq!(kinds, want);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_decisions_at_once_one_counts_and_the_others_learn_whose() {
    let team = Team::new().await;
    let (bob, cyn) = (team.member("Bob", &SENDS).await, team.member("Cyn", &SENDS).await);
    let (id, _) = team.asked().await;
    let tries = (0..64).map(|n| {
        let (team, bob, cyn) = (&team, &bob, &cyn);
        async move {
            match n % 2 {
                0 => team.approve(bob, id).await,
                _ => team.refuse(cyn, id, "No").await,
            }
        }
    });
    let answers = join_all(tries).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    let request = team.last(&team.ann, id).await;
    let verb = if request.state == State::Approved { "approved" } else { "refused" };
    let want = format!("{} has {verb} it already.", request.decided_by.expect("somebody"));
    for answer in lost {
        assert_eq!(conflict(answer), want);
    }
    assert_eq!(team.kinds().await.len(), 2, "asked, and decided once");
    let outcome = ["Your broadcast was approved", "Your broadcast was not approved"];
    let mailed = [team.mailed(outcome[0]).await, team.mailed(outcome[1]).await].concat();
    assert_eq!(mailed, ["acme@example.org"], "one mail of one outcome");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_at_once_one_is_made() {
    let team = Team::new().await;
    let bob = team.member("Bob", &SENDS).await;
    team.member("Cyn", &SENDS).await;
    let (id, version) = team.draft().await;
    let asks = (0..16).map(|n| {
        let who = if n % 2 == 0 { &team.ann } else { &bob };
        team.ask(who, id, &version)
    });
    let made = join_all(asks).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(made, 1);
    assert_eq!(team.kinds().await, ["approval.asked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_send_at_that_moment_decides() {
    let team = Team::new().await;
    let (bob, cyn) = (team.member("Bob", &SENDS).await, team.member("Cyn", &SENDS).await);
    let dan = team.member("Dan", &[Right::Edit, Right::Manage, Right::Audit]).await;
    let (id, _) = team.asked().await;
    for (who, what) in [(&dan, "without the right to send"), (&team.nobody().await, "a stranger")] {
        assert_eq!(team.approve(who, id).await, Err(ClientError::Forbidden), "{what}");
        assert_eq!(team.refuse(who, id, "").await, Err(ClientError::Forbidden), "{what}");
        let long = "x".repeat(501);
        let told = team.refuse(who, id, &long).await;
        assert_eq!(told, Err(ClientError::Forbidden), "{what}: before any complaint");
    }
    let admin = team.rig.db.superuser().await;
    let user = |cx: &RequestCx| cx.viewer.as_ref().expect("signed in").user;
    let taken =
        format!("update bot_permissions set rights = '{{edit}}' where user_id = '{}'", user(&bob));
    admin.batch_execute(&taken).await.expect("taken");
    assert_eq!(team.approve(&bob, id).await, Err(ClientError::Forbidden), "the right was taken");
    let removed = format!("delete from members where user_id = '{}'", user(&cyn));
    admin.batch_execute(&removed).await.expect("removed");
    assert_eq!(team.approve(&cyn, id).await, Err(ClientError::Forbidden), "they were removed");
    assert_eq!(team.last(&team.ann, id).await.state, State::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_taken_while_the_decision_waits_counts_no_more() {
    let team = Team::new().await;
    let bob = team.member("Bob", &SENDS).await;
    let (id, _) = team.asked().await;
    let (holder, admin) = (team.rig.db.superuser().await, team.rig.db.superuser().await);
    // Somebody is writing to the draft's row: the decision waits behind them, its right looked at already.
    holder.batch_execute("begin; select 1 from broadcasts for update").await.expect("locked");
    let taking = async {
        let waits = "select count(*) from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'";
        for _ in 0..400 {
            let blocked: i64 = admin.query_one(waits, &[]).await.expect("a number").get(0);
            if blocked > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        admin.batch_execute("delete from bot_permissions").await.expect("taken");
        holder.batch_execute("commit").await.expect("let go");
    };
    let (answer, ()) = tokio::join!(team.approve(&bob, id), taking);
    assert_eq!(answer, Err(ClientError::Forbidden));
    assert_eq!(team.last(&team.ann, id).await.state, State::Open);
}

impl Team {
    /// Somebody of no workspace here.
    async fn nobody(&self) -> RequestCx {
        called(self.rig.cx_of(&self.rig.db.person("mallory").await), "Mallory")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_who_may_approve_is_mailed_once_and_who_asked_of_the_outcome() {
    let team = Team::new().await;
    let bob = team.member("Bob", &SENDS).await;
    team.member("Cyn", &[Right::Send]).await;
    team.member("Dan", &[Right::Edit]).await;
    let (id, version) = team.draft().await;
    team.ask(&bob, id, &version).await.expect("asked");
    let asked = "A broadcast waits for your approval";
    // Ann wrote it, Bob asks, and Dan may not send.
    assert_eq!(team.mailed(asked).await, ["cyn@example.org"]);
    assert!(!conflict(team.ask(&bob, id, &version).await).is_empty());
    assert!(!conflict(team.ask(&team.ann, id, &version).await).is_empty());
    assert_eq!(team.mailed(asked).await.len(), 1, "one mail for one request");
    let mails = mail::kept(&team.rig.svc).await.expect("mails");
    let mail = mails.iter().find(|mail| mail.subject == asked).expect("a mail");
    let link = format!("/bots/{}/broadcasts/{id}/confirm", team.rig.slug());
    assert!(mail.text.contains(&link) && mail.text.contains("10 people"), "{}", mail.text);
    assert!(!mail.text.contains("Hello"), "the message stays on the page: {}", mail.text);

    let cyn = team.rig.cx_of(&testdb::Person {
        id: team.rig.texts("select id from users where email = 'cyn@example.org'").await[0]
            .parse()
            .expect("an id"),
        email: "cyn@example.org".into(),
    });
    team.refuse(&called(cyn, "Cyn"), id, "  Not today\r\nbut tomorrow  ").await.expect("refused");
    assert_eq!(team.mailed("Your broadcast was not approved").await, ["bob@example.org"]);
    let request = team.last(&bob, id).await;
    assert_eq!(request.reason.as_deref(), Some("Not today\nbut tomorrow"));
    assert_eq!(request.decided_by.as_deref(), Some("Cyn"));
    assert_eq!(team.kinds().await, ["approval.asked", "approval.refused"]);
    team.ask(&bob, id, &version).await.expect("whoever was refused may ask once more");
    assert_eq!(team.mailed(asked).await.len(), 2, "another request, another mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_shown_to_those_who_may_decide_it() {
    let team = Team::new().await;
    let (bob, dan) = (team.member("Bob", &SENDS).await, team.member("Dan", &[Right::Edit]).await);
    let (id, _) = team.asked().await;
    let slug = team.rig.slug();
    for (cx, want) in [(&bob, 1), (&team.ann, 0), (&dan, 0)] {
        let frame = team.rig.svc.frame(cx, slug).await.expect("a frame");
        assert_eq!(frame.waiting.len(), want);
        let bots = BotsApi::list(&team.rig.svc, cx).await.expect("bots");
        assert_eq!(bots[0].waiting.len(), want);
    }
    let waiting = team.rig.svc.frame(&bob, slug).await.expect("a frame").waiting.remove(0);
    assert_eq!((waiting.broadcast, waiting.audience), (id, 10));
    assert_eq!((waiting.excerpt.as_str(), waiting.asked_by.as_str()), ("Hello", "Ann"));
    team.approve(&bob, id).await.expect("approved");
    assert!(team.rig.svc.frame(&bob, slug).await.expect("a frame").waiting.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_takes_it_back_and_nobody_else() {
    let team = Team::new().await;
    let bob = team.member("Bob", &SENDS).await;
    let (id, version) = team.asked().await;
    assert!(conflict(team.withdraw(&bob, id).await).contains("Only who asked"));
    team.withdraw(&team.ann, id).await.expect("taken back");
    assert!(conflict(team.approve(&bob, id).await).contains("Ann has taken the request back"));
    team.ask(&team.ann, id, &version).await.expect("asked again");
    team.approve(&bob, id).await.expect("approved");
    team.withdraw(&team.ann, id).await.expect("even what was approved");
    assert!(conflict(team.send(&bob, id, &version).await).contains("a second person"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_or_said_is_refused() {
    let team = Team::new().await;
    let (id, version) = team.draft().await;
    assert!(conflict(team.ask(&team.ann, id, &version).await).contains("Nobody else"));
    let bob = team.member("Bob", &SENDS).await;
    assert!(conflict(team.ask(&team.ann, id, "1").await).contains("changed after"));
    let (empty, of_empty) = team.rig.draft("  ").await;
    assert!(!conflict(team.ask(&team.ann, empty, &of_empty).await).is_empty(), "nothing to send");
    team.ask(&team.ann, id, &version).await.expect("asked");
    for bad in ["x".repeat(501), "a\0b".to_owned()] {
        let refused = team.refuse(&bob, id, &bad).await;
        assert!(matches!(refused, Err(ClientError::Invalid { .. })), "{refused:?}");
    }
    let stale = Which { version: "1".into(), ..team.which(id).await };
    let refused = team.rig.svc.approve(&bob, team.rig.slug(), id, stale).await;
    assert!(conflict(refused).contains("changed after"), "approving is of what was seen");
    team.refuse(&bob, id, &"ж".repeat(500)).await.expect("500 characters are fine");

    // While the bot is read-only nothing leads on, and a no is still one.
    team.ask(&team.ann, id, &version).await.expect("asked");
    let on = ReadOnly { read_only: ReadOnly::ON.into() };
    team.rig.svc.set_read_only(&team.ann, team.rig.slug(), on).await.expect("read-only");
    assert!(conflict(team.approve(&bob, id).await).contains("read-only"));
    team.refuse(&bob, id, "").await.expect("refused");
    assert!(conflict(team.ask(&team.ann, id, &version).await).contains("read-only"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_goes_to_fewer_takes_its_open_request_along() {
    let team = Team::new().await;
    team.member("Bob", &SENDS).await;
    let (id, version) = team.asked().await;
    team.bound(&team.ann, "").await.expect("no bound");
    team.send(&team.ann, id, &version).await.expect("one person is enough");
    assert_eq!(team.last(&team.ann, id).await.state, State::Voided);
    let waiting = team.rig.svc.frame(&team.ann, team.rig.slug()).await.expect("a frame").waiting;
    assert!(waiting.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bound_is_an_owners_to_set_freshly_proved_and_on_record() {
    let team = Team::above("9").await;
    let admin = team.rig.db.person("adam").await;
    team.rig.db.member(team.rig.acme.workspace, &admin, Role::Admin).await;
    let admin = team.rig.cx_of(&admin);
    assert_eq!(team.bound(&admin, "5").await, Err(ClientError::Forbidden));
    assert_eq!(team.rig.svc.bound(&admin).await, Err(ClientError::Forbidden));
    let stale = RequestCx { proved_at: None, ..team.ann.clone() };
    assert!(matches!(team.bound(&stale, "5").await, Err(ClientError::Invalid { .. })));
    for bad in ["0", "10000001", "-1", "1,000", "ten", "1.5"] {
        let refused = team.bound(&team.ann, bad).await;
        assert!(matches!(refused, Err(ClientError::Invalid { .. })), "{bad}: {refused:?}");
    }
    assert_eq!(team.rig.svc.bound(&team.ann).await, Ok(Some(9)));
    for (above, want) in
        [(" 10000000 ", Some(10_000_000)), ("10000000", Some(10_000_000)), ("", None)]
    {
        team.bound(&team.ann, above).await.expect("set");
        assert_eq!(team.rig.svc.bound(&team.ann).await, Ok(want));
    }
    let changes =
        "select concat_ws('→', coalesce(details ->> 'from', '-'), coalesce(details ->> 'to', '-'))
                   from audit_log where kind = 'workspace.approval_rule' order by seq";
    assert_eq!(team.rig.texts(changes).await, ["-→9", "9→10000000", "10000000→-"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_counts_for_as_many_as_were_looked_at_and_while_its_giver_may_send() {
    let team = Team::new().await;
    let bob = team.member("Bob", &SENDS).await;
    let (id, version) = team.asked().await;
    team.approve(&bob, id).await.expect("approved");
    let admin = team.rig.db.superuser().await;
    let more = "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
                select workspace_id, id, 900000 + n, 'Later', 'active' from bots, generate_series(1, 2) n";
    admin.batch_execute(more).await.expect("two more, of ten");
    let refused = conflict(team.send(&team.ann, id, &version).await);
    assert!(refused.contains("to 12 people by now, and 10 were looked at"), "{refused}");
    admin
        .batch_execute("update subscribers set status = 'unsubscribed' where chat_id = 900002")
        .await
        .expect("one goes: a tenth more is no other decision");

    admin.batch_execute("update bot_permissions set rights = '{view,edit}'").await.expect("taken");
    let refused = conflict(team.send(&team.ann, id, &version).await);
    assert!(refused.contains("may not send any more"), "{refused}");
    assert!(team.rig.texts("select 1 from broadcast_chunks").await.is_empty(), "nothing froze");
    admin
        .batch_execute("update bot_permissions set rights = '{view,edit,send}'")
        .await
        .expect("given");
    team.send(&team.ann, id, &version).await.expect("it counts again");
}
