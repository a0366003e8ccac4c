//! Mail leaves once for each cause, or stays readable where there is no server.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use adapters::mail::{self as post, Mail, MailError, Mailer};
use async_trait::async_trait;
use store::{StoreError, mails};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::*;

/// Refuses as often as it is told to, each time with the same error, and then takes everything.
struct Moody {
    refusals: AtomicUsize,
    error: MailError,
    taken: post::Kept,
}

impl Moody {
    fn new(refusals: usize, error: MailError) -> Arc<Self> {
        Arc::new(Self { refusals: refusals.into(), error, taken: post::Kept::default() })
    }

    fn in_good_mood() -> Arc<Self> {
        Self::new(0, MailError::Retry(String::new()))
    }
}

#[async_trait]
impl Mailer for Moody {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let refuses = self
            .refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match refuses {
            Ok(_) => Err(self.error.clone()),
            Err(_) => self.taken.send(mail).await,
        }
    }
}

/// A running outbox.
struct Outbox {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Outbox {
    fn start(svc: &Services, mailer: Option<Arc<dyn Mailer>>) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(mail::run(svc.clone(), mailer, stop.clone())), stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        timeout(Duration::from_secs(5), self.task)
            .await
            .expect("stops soon")
            .expect("without a panic");
    }
}

impl Instance {
    /// Rings until the state of all mails is `want`.
    async fn until_mails_are(&self, want: &str) {
        let state = "select coalesce(string_agg(case when sent_at is not null then 'sent' when failed_at is not null
                     then 'failed' when last_error is not null then 'later' else 'waiting' end
                     || case when body_sealed is null then '' else '+body' end, ' ' order by id), '') from mails";
        self.until(state, want).await;
    }

    /// Rings until `query` says `want`, for at most 20 s.
    async fn until(&self, query: &str, want: &str) {
        for _ in 0..1000 {
            if self.texts(query).await == [want] {
                return;
            }
            self.svc.nudges.mail.notify_one();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("`{:?}` and not `{want}`", self.texts(query).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_as_it_was_written_and_its_body_is_gone_afterwards() {
    let gannet = Instance::new().await;
    gannet.register("Ann@Example.com", PASSWORD, "Ann").await.expect("signed up");
    let kept = gannet.mails_to("Ann@Example.com").await.remove(0);
    let mailer = Moody::in_good_mood();
    let outbox = Outbox::start(&gannet.svc, Some(mailer.clone()));
    gannet.until_mails_are("sent").await;
    outbox.stop().await;

    let sent = mailer.taken.mails().remove(0);
    assert_eq!((sent.to.as_str(), sent.id), ("Ann@Example.com", kept.id.as_uuid()));
    assert_eq!((sent.subject, sent.text, sent.html), (kept.subject, kept.text, Some(kept.html)));
    assert!(gannet.mails_to("Ann@Example.com").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_sealed_in_the_database() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    let code = gannet.code("ann@example.com").await;
    let rows = gannet.db.superuser().await;
    let rows =
        rows.query("select body_sealed, subject || cause from mails", &[]).await.expect("rows");
    let (body, rest): (Vec<u8>, String) = (rows[0].get(0), rows[0].get(1));
    assert!(!body.windows(6).any(|window| window == code.as_bytes()));
    assert!(!body.windows(12).any(|window| window == b"Confirm your") && !rest.contains(&code));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_send_each_mail_once() {
    let gannet = Instance::new().await;
    for n in 0..40 {
        gannet.register(&format!("p{n}@example.com"), PASSWORD, "P").await.expect("signed up");
    }
    let mailer = Moody::in_good_mood();
    let another = Services {
        store: gannet.db.store_with(2, 4),
        nudges: Nudges::default(),
        ..gannet.svc.clone()
    };
    let outboxes = [&gannet.svc, &another]
        .map(|svc| Outbox::start(svc, Some(mailer.clone() as Arc<dyn Mailer>)));
    gannet.until_mails_are(&["sent"; 40].join(" ")).await;
    for outbox in outboxes {
        outbox.stop().await;
    }
    let sent = mailer.taken.mails();
    let people: HashSet<_> = sent.iter().map(|mail| mail.to.as_str().to_owned()).collect();
    assert_eq!((sent.len(), people.len()), (40, 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_to_come_back_is_asked_again_with_the_same_mail() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    let mailer = Moody::new(2, MailError::Retry("451 come back".into()));
    let outbox = Outbox::start(&gannet.svc, Some(mailer.clone()));
    gannet.until_mails_are("later+body").await;
    assert_eq!(
        gannet.texts("select attempts || ' ' || last_error from mails").await,
        ["1 451 come back"]
    );
    gannet.at(6);
    gannet.until("select attempts::text from mails where last_error is not null", "2").await;
    assert!(mailer.taken.mails().is_empty());
    gannet.at(6 + 11);
    gannet.until_mails_are("sent").await;
    outbox.stop().await;
    assert_eq!(mailer.taken.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_mail_is_given_up_and_so_is_one_nobody_takes_for_long() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    let mailer = Moody::new(1, MailError::Rejected("550 no such mailbox".into()));
    let outbox = Outbox::start(&gannet.svc, Some(mailer.clone()));
    gannet.until_mails_are("failed").await;
    outbox.stop().await;
    assert_eq!(gannet.texts("select last_error from mails").await, ["550 no such mailbox"]);

    let admin = gannet.db.superuser().await;
    admin.execute("delete from mails", &[]).await.expect("deleted");
    gannet.register("bob@example.com", PASSWORD, "Bob").await.expect("signed up");
    admin
        .execute("update mails set attempts = 9, last_error = '451'", &[])
        .await
        .expect("late in its life");
    let mailer = Moody::new(usize::MAX, MailError::Retry("451 come back".into()));
    let outbox = Outbox::start(&gannet.svc, Some(mailer));
    gannet.until_mails_are("failed").await;
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_answer_was_lost_is_not_sent_twice() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    let mailer = Moody::new(1, MailError::Unanswered("connection reset".into()));
    let outbox = Outbox::start(&gannet.svc, Some(mailer.clone()));
    gannet.until_mails_are("failed").await;
    gannet.at(24 * 60 * 60);
    gannet.svc.nudges.mail.notify_one();
    outbox.stop().await;
    assert!(mailer.taken.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_handed_over_when_the_process_died_is_never_sent_again() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    let claimed = gannet
        .svc
        .store
        .system("test", async |tx| {
            Ok::<_, StoreError>(mails::claim(tx, 10, Duration::from_secs(60)).await?)
        })
        .await
        .expect("claimed");
    assert_eq!(claimed.len(), 1);

    let mailer = Moody::in_good_mood();
    let outbox = Outbox::start(&gannet.svc, Some(mailer.clone()));
    gannet.until_mails_are("waiting+body").await;
    gannet.at(61);
    gannet.until_mails_are("failed").await;
    outbox.stop().await;
    assert!(mailer.taken.mails().is_empty());

    // An outcome that comes too late changes nothing.
    let late = async |tx: &mut store::SystemTx<'_>| {
        Ok::<_, StoreError>(mails::settle(tx, claimed[0].id, 1, mails::Outcome::Sent).await?)
    };
    assert!(!gannet.svc.store.system("test", late).await.expect("an answer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_mail_is_kept_readable_and_never_sent_later() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    gannet.register("bob@example.com", PASSWORD, "Bob").await.expect("signed up");
    let outbox = Outbox::start(&gannet.svc, None);
    gannet.until_mails_are("sent+body sent+body").await;
    outbox.stop().await;

    let kept = mail::kept(&gannet.svc).await.expect("mails");
    let to: Vec<_> = kept.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["bob@example.com", "ann@example.com"], "newest first");
    let json = serde_json::to_value(&kept[0]).expect("JSON");
    for field in ["id", "to", "subject", "at", "text", "html"] {
        assert!(json[field].is_string(), "{field}");
    }

    let mailer = Moody::in_good_mood();
    let outbox = Outbox::start(&gannet.svc, Some(mailer.clone()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    outbox.stop().await;
    assert!(mailer.taken.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_are_long_done_are_removed() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    let outbox = Outbox::start(&gannet.svc, None);
    gannet.until_mails_are("sent+body").await;
    outbox.stop().await;
    gannet.at(31 * 24 * 60 * 60);
    let outbox = Outbox::start(&gannet.svc, None);
    gannet.until_mails_are("").await;
    outbox.stop().await;
}
