//! The second factor, seen by people with an authenticator app.

mod backup_codes;
mod changing;
mod enrolling;
mod limiting;
mod requiring;
mod signing_in;

use contract::{
    account::{AccountApi, SignedIn},
    second_factor::{BackupCodes, Both, Code, Pending, SecondFactorApi, Standing},
};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::*;

const ANN: &str = "ann@example.com";

/// An authenticator app that got its key from the page. RFC 6238 once more, without our library.
struct App(Vec<u8>);

impl App {
    fn with_key(key: &str) -> Self {
        Self(BASE32_NOPAD.decode(key.replace(' ', "").as_bytes()).expect("base32"))
    }

    fn code(&self, step: i64) -> String {
        let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(&self.0).expect("any length");
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let from = usize::from(hash[19] & 15);
        let four: [u8; 4] = hash[from..from + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }
}

/// Ann with a second factor, and everything that she holds.
struct Ann {
    user: UserId,
    app: App,
    codes: Vec<String>,
    /// The step whose code turned it on.
    step: i64,
}

impl Instance {
    /// Moves the database's clock to the beginning of a step of 30 s, `ahead` steps from now on. Gives the
    /// step.
    fn at_step(&self, ahead: i64) -> i64 {
        let now = Timestamp::now().as_second();
        let step = now / 30 + 1 + ahead;
        self.at(step * 30 - now);
        step
    }

    /// A request of `user`, who has just proved who they are.
    async fn cx_of(&self, user: UserId) -> RequestCx {
        let viewer = self.svc.viewer(SignedIn { user, workspace: None }).await.expect("an answer");
        RequestCx { viewer, proved_at: Some(Timestamp::now()), ..cx() }
    }

    /// A request of `user`, who proved it long ago.
    async fn stale_cx_of(&self, user: UserId) -> RequestCx {
        RequestCx { proved_at: None, ..self.cx_of(user).await }
    }

    async fn standing(&self, cx: &RequestCx) -> Standing {
        self.auth.standing(cx).await.expect("an answer")
    }

    /// Begins a second factor for `user`.
    async fn begin(&self, user: UserId) -> App {
        self.begin_in(&self.cx_of(user).await).await
    }

    async fn begin_in(&self, cx: &RequestCx) -> App {
        self.auth.begin(cx).await.expect("begun");
        match self.standing(cx).await {
            Standing::Begun(enrolment) => App::with_key(&enrolment.key),
            Standing::Off | Standing::On { .. } => panic!("it was begun"),
        }
    }

    /// Begins one and proves it by the code of the step that is now.
    async fn enrol(&self, user: UserId) -> (App, BackupCodes, i64) {
        let (app, step) = (self.begin(user).await, self.at_step(0));
        let form = Code { code: app.code(step) };
        let (codes, _) = self.auth.confirm(&self.cx_of(user).await, form).await.expect("on");
        (app, codes, step)
    }

    async fn ann(&self) -> Ann {
        let user = self.member(ANN, "Ann").await;
        let (app, BackupCodes { codes }, step) = self.enrol(user).await;
        Ann { user, app, codes, step }
    }

    /// Somebody who has just given the right password.
    async fn pending(&self, user: UserId) -> Pending {
        Pending { admission: self.admission(user).await }
    }

    /// Brings the second step of a sign-in.
    async fn second(&self, user: UserId, code: &str) -> Result<(), ClientError> {
        let pending = self.pending(user).await;
        self.auth.sign_in(&cx(), pending, Code { code: code.into() }).await.map(drop)
    }
}

/// Takes the password and this code for both.
fn both(password: &str, code: &str) -> Both {
    Both { password: password.into(), code: code.into() }
}

fn is_conflict<T>(result: &Result<T, ClientError>) -> bool {
    matches!(result, Err(ClientError::Conflict { .. }))
}
