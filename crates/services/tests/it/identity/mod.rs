//! Signing up, verifying, signing in, and the mail in between.

mod account;
mod by_hand;
mod codes;
mod ending;
mod in_flight;
mod limits;
mod looking_after;
mod outbox;
mod owners;
mod proving;
mod recovering;
mod refusing;
mod second_factor;
mod settling;
mod signing_in;
mod signing_up;
mod teaming;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use adapters::{
    telegram::{ApiBase, BotApi},
    vault::{LocalRoot, Vault},
};
use contract::{
    ClientError, FieldError,
    auth::{
        Admission, Again, AuthApi, Login, LoginOutcome, Mark, Register, Resend, Signups, Verified,
        Verify,
    },
    cx::RequestCx,
};
use domain::{
    Timestamp,
    ids::{InstanceId, UserId},
};
use services::{
    Nudges, Services, Settings,
    auth::Auth,
    broadcasts::Meters,
    engine::Governors,
    mail::{self, Kept},
    passwords::{Lanes, Passwords},
};
use store::{StoreError, accounts};
use testdb::TestDb;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A password that is taken.
const PASSWORD: &str = "Correct-Horse-7";

/// An instance with nobody in it.
struct Instance {
    db: TestDb,
    svc: Services,
    auth: Auth,
    /// What the browser of whoever uses an address remembers.
    marks: Mutex<HashMap<String, Mark>>,
    // Holds the root key's file until the end of the test.
    _keys: tempfile::TempDir,
}

impl Instance {
    /// Passwords are hashed as fast as bcrypt can, by as many as ask.
    async fn new() -> Self {
        Self::with(Lanes { cost: 4, at_once: 4, waiting: 500, patience: Duration::from_secs(60) })
            .await
    }

    async fn with(lanes: Lanes) -> Self {
        let db = TestDb::new().await;
        let keys = tempfile::tempdir().expect("a folder");
        let root = LocalRoot::open_or_create(keys.path().join("keys"), None, Timestamp::now())
            .expect("a root key");
        let svc = Services {
            store: db.store(),
            vault: Arc::new(Vault::new(Arc::new(root))),
            telegram: Arc::new(BotApi::new()),
            sandbox: None,
            settings: Arc::new(Settings {
                base_url: "https://gannet.example".into(),
                is_public: true,
                telegram: ApiBase::telegram(),
                rate_per_bot: 30,
                paid: None,
                signups: Signups::Open,
            }),
            instance: InstanceId::from(Uuid::now_v7()),
            governors: Governors::new(30),
            meters: Arc::new(Meters::default()),
            nudges: Nudges::default(),
            places: None,
            code_key: Arc::new(Zeroizing::new([7; 32])),
            billing: Default::default(),
            refusals: Default::default(),
            anchors: None,
        };
        let auth = auth(&svc, lanes);
        Self { db, svc, auth, marks: Mutex::default(), _keys: keys }
    }

    async fn register(&self, email: &str, password: &str, name: &str) -> Result<(), ClientError> {
        let form = Register {
            email: email.into(),
            password: password.into(),
            name: name.into(),
            invitation: String::new(),
        };
        let mark = self.auth.register(&cx(), form).await?;
        self.remember(email, mark);
        Ok(())
    }

    /// Takes a code in the browser that signed up last.
    async fn verify(&self, email: &str, code: &str) -> Result<UserId, ClientError> {
        let mark = self.mark_of(email);
        match self.verify_with(email, code, mark).await? {
            Verified::SignedIn(who) => Ok(who.user),
            Verified::ChoosePassword { .. } => panic!("the password is another browser's"),
        }
    }

    async fn verify_with(
        &self,
        email: &str,
        code: &str,
        mark: Option<Mark>,
    ) -> Result<Verified, ClientError> {
        self.auth.verify(&cx(), Verify { email: email.into(), code: code.into() }, mark).await
    }

    fn mark_of(&self, email: &str) -> Option<Mark> {
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.get(&email.trim().to_lowercase()).cloned()
    }

    fn remember(&self, email: &str, mark: Mark) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.insert(email.trim().to_lowercase(), mark);
    }

    async fn resend(&self, email: &str) -> Result<(), ClientError> {
        self.auth.resend(&cx(), Resend { email: email.into() }).await
    }

    async fn login(&self, email: &str, password: &str) -> Result<LoginOutcome, ClientError> {
        self.auth.login(&cx(), Login { email: email.into(), password: password.into() }).await
    }

    /// Signs up and verifies.
    async fn member(&self, email: &str, name: &str) -> UserId {
        self.register(email, PASSWORD, name).await.expect("signed up");
        self.verify(email, &self.code(email).await).await.expect("verified")
    }

    /// The code in the newest mail to this very spelling of an address.
    async fn code(&self, email: &str) -> String {
        let mails = self.mails_to(email).await;
        let text = &mails.first().expect("a mail").text;
        let code = text
            .lines()
            .map(str::trim)
            .find(|line| line.len() == 6 && line.bytes().all(|c| c.is_ascii_digit()));
        code.expect("a line with a code").to_owned()
    }

    /// Mails to this very spelling of an address, newest first.
    async fn mails_to(&self, email: &str) -> Vec<Kept> {
        let mut mails = mail::kept(&self.svc).await.expect("mails");
        mails.retain(|mail| mail.to == email);
        mails
    }

    /// What the credentials of `user` admit to now.
    async fn admission(&self, user: UserId) -> Admission {
        let account = self
            .svc
            .store
            .user(None, async |tx| Ok::<_, StoreError>(accounts::find(tx, user).await?))
            .await
            .expect("an answer");
        Admission { user, epoch: account.expect("an account").epoch }
    }

    /// The newest mail to this very spelling of an address with this subject.
    async fn mail_about(&self, email: &str, subject: &str) -> Kept {
        let mails = self.mails_to(email).await;
        let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.clone()).collect();
        let found = mails.into_iter().find(|mail| mail.subject == subject);
        found.unwrap_or_else(|| panic!("no mail {subject:?} among {subjects:?}"))
    }

    /// Starts again with another SIGNUPS.
    fn switch_signups(&mut self, signups: Signups) {
        let settings = Settings { signups, ..(*self.svc.settings).clone() };
        self.svc.settings = Arc::new(settings);
        let lanes = Lanes { cost: 4, at_once: 4, waiting: 500, patience: Duration::from_secs(60) };
        self.auth = auth(&self.svc, lanes);
    }

    /// Another process on the same database with the same keys.
    async fn another(&self) -> Services {
        Services {
            store: self.db.store_with(8, 4),
            instance: InstanceId::from(Uuid::now_v7()),
            nudges: Nudges::default(),
            ..self.svc.clone()
        }
    }

    /// Lets time pass, all in all since the start.
    fn at(&self, secs: i64) {
        self.svc.store.shift_clock(secs);
    }

    /// What the account log says, oldest first.
    async fn log(&self) -> Vec<String> {
        self.texts("select kind from account_log order by id").await
    }

    /// The first column of each row, read past the fence.
    async fn texts(&self, query: &str) -> Vec<String> {
        let rows = self.db.superuser().await.query(query, &[]).await.expect("rows");
        rows.iter().map(|row| row.get(0)).collect()
    }
}

fn auth(svc: &Services, lanes: Lanes) -> Auth {
    Auth::new(svc.clone(), Passwords::new(lanes).expect("randomness"))
}

/// Whether a right password led to a code.
/// Who got how far.
fn whose(outcome: Result<LoginOutcome, ClientError>) -> Option<(&'static str, UserId)> {
    Some(match outcome.ok()? {
        LoginOutcome::SignedIn(who) => ("signed in", who.user),
        LoginOutcome::Kept(who) => ("kept", who.user),
        LoginOutcome::SecondFactor(who) => ("second factor", who.user),
        LoginOutcome::Unverified(_) => return None,
    })
}

fn is_unverified(outcome: &Result<LoginOutcome, ClientError>) -> bool {
    matches!(outcome, Ok(LoginOutcome::Unverified(_)))
}

/// A request of a visitor, each from an address of its own: limits are not what most tests are about.
fn cx() -> RequestCx {
    static NEXT: AtomicU32 = AtomicU32::new(u32::from_be_bytes([198, 18, 0, 0]));
    from(Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed)).into())
}

/// A request of a visitor at this address.
fn from(ip: IpAddr) -> RequestCx {
    RequestCx {
        request_id: Uuid::now_v7().to_string(),
        ip,
        is_proxy: false,
        user_agent: "Test/1.0".into(),
        now: Timestamp::now(),
        viewer: None,
        proved_at: None,
        session: None,
        browser: None,
    }
}

/// The fields that are complained about.
fn fields<T>(result: Result<T, ClientError>) -> Vec<String> {
    match result {
        Err(ClientError::Invalid { fields }) => {
            assert!(
                fields.iter().all(|FieldError { message, .. }| message.ends_with('.')),
                "{fields:?}"
            );
            fields.into_iter().map(|error| error.field).collect()
        }
        Err(other) => panic!("not a complaint about fields: {other:?}"),
        Ok(_) => panic!("it was taken"),
    }
}

/// A code that is not this one.
fn other_than(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}
