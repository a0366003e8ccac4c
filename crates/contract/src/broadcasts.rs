//! Writing, sending and following broadcasts.
//!
//! One piece: the values of one page refer to those of the next, and one trait asks for all of them.

use domain::{
    Timestamp,
    breaker::Trip,
    broadcast::{Manner, Outcome, Recipients, Status, Tally},
    ids::{BroadcastId, ChatId},
    schedule::Clock,
};

use crate::chats::Chat;
#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx, page::Page};

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// Which.
    pub id: BroadcastId,
    /// The beginning of its text.
    pub excerpt: String,
    /// Where it stands.
    pub status: Status,
    /// People it goes to; 0 while it is a draft.
    pub total: u64,
    /// What has become of them so far.
    pub tally: Tally,
    /// When it begins by itself, while it waits for that.
    pub begins_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// When a broadcast begins by itself, or was to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// When.
    pub at: Timestamp,
    /// The zone whose clock it was chosen by (IANA name).
    pub zone: String,
    /// Who chose it.
    pub by: String,
}

/// One broadcast, as its pages show it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct View {
    /// Which.
    pub id: BroadcastId,
    /// The text in our markup, as it was typed.
    pub text: String,
    /// Where it stands.
    pub status: Status,
    /// How it arrives.
    pub manner: Manner,
    /// Whom it goes to.
    pub to: Recipients,
    /// What it may cost to go faster, and has cost; none: it goes for free.
    pub paid: Option<Paid>,
    /// Token for `if_unmodified_since`.
    pub version: String,
    /// Token of what it says and how it arrives: what is approved, and sent, is exactly this. A time that
    /// it is given changes the version alone.
    pub edition: String,
    /// When it begins by itself, or was to.
    pub plan: Option<Plan>,
    /// People who would get it now, while it waits for its time.
    pub active: Option<u64>,
    /// Who wrote it.
    pub author: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When sending began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How far it is.
    pub progress: Progress,
    /// What its circuit breaker asks a person to decide about; none when it asks nothing.
    pub tripped: Option<Trip>,
    /// People of unknown outcome who could be sent it once more.
    pub repeatable: u64,
}

/// How far a broadcast is. Also what the event stream sends, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// Where it stands.
    pub status: Status,
    /// People it goes to.
    pub total: u64,
    /// What has become of them so far. Who is being sent it once more has no outcome yet.
    pub tally: Tally,
    /// Outcomes a second over the last ten seconds.
    pub per_second: Rate,
    /// Seconds until the end at this rate; none when it is not sending.
    pub left_secs: Option<u64>,
    /// Whether it is paused and goes on, or begins, by itself after another broadcast.
    pub in_line: bool,
    /// Why it waits, for a person: another broadcast before it, Telegram's own limit.
    pub waiting: Option<String>,
}

/// Tenths of an outcome a second: what is shown is what is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Rate(pub u64);

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// What a broadcast may cost to go faster than Telegram's free rate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Paid {
    /// Most Stars.
    pub cap: u32,
    /// What may have been paid so far, in thousandths of a Star.
    pub so_far: u64,
    /// Why it goes on for free; none while it need not.
    pub unpaid_because: Option<String>,
}

/// What going faster is offered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Faster {
    /// Messages a second.
    pub rate: u32,
    /// What it costs at the most if everybody gets it so, in whole Stars.
    pub stars: u64,
    /// How long it takes then.
    pub secs: u64,
    /// How long it takes for free.
    pub free_secs: u64,
}

/// `POST …/{id}/pay`: how many Stars a draft may cost to go faster.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Pay {
    /// Most Stars, 1 to [`domain::paid::MOST_STARS`]; empty: it goes for free.
    #[serde(default)]
    pub stars: String,
    /// The version that was read. See [`View::version`].
    #[serde(default)]
    pub if_unmodified_since: String,
}

/// What pressing Send would do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Estimate {
    /// People who would get it now.
    pub audience: u64,
    /// How long it takes at the bot's rate.
    pub secs: u64,
    /// When it would be done.
    pub finish_at: Timestamp,
    /// Messages a second, as long as nothing is paid.
    pub rate: u32,
    /// What going faster is offered for; none: it is not.
    pub faster: Option<Faster>,
}

/// Whom a draft could go to, beside those whom it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressees {
    /// Whom it goes to.
    pub to: Recipients,
    /// Groups and channels that can be chosen, by title, at most [`domain::broadcast::MOST_CHOSEN`].
    pub chats: Vec<Chat>,
    /// Whether there are more than those.
    pub is_cut: bool,
}

/// `POST …/{id}/recipients`: whom a draft goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// An [`domain::broadcast::Audience`].
    pub audience: String,
    /// The groups and channels that were ticked, whether or not the audience asks for them.
    pub chosen: Vec<ChatId>,
    /// The version that was read. See [`View::version`].
    pub if_unmodified_since: String,
}

impl Address {
    /// As a form says it. A chat is ticked as in [`Again::of`]; what names none is left out.
    pub fn of<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut address = Self::default();
        for (name, value) in fields {
            match name {
                "audience" => address.audience = value.to_owned(),
                "if_unmodified_since" => address.if_unmodified_since = value.to_owned(),
                _ => address.chosen.extend(
                    name.strip_prefix(Again::TO).and_then(|chat| chat.parse::<ChatId>().ok()),
                ),
            }
        }
        address
    }
}

/// How "send to me" can reach the viewer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TestRecipient {
    /// This person in Telegram is the viewer.
    Linked {
        /// Their name in Telegram.
        name: String,
    },
    /// The viewer must press Start by this link first.
    Unlinked {
        /// `https://t.me/<bot>?start=<code>`.
        link: String,
        /// Whether the bot lives in the sandbox, where we can press Start for them.
        sandbox: bool,
    },
}

/// `POST /bots/{slug}/broadcasts` and `…/{id}`: a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Draft {
    /// The id that a new draft is to have. It is made with the page, so that posting the page twice
    /// makes one draft. What is no id stands for any.
    #[serde(default)]
    pub id: String,
    /// The text in our markup.
    #[serde(default)]
    pub text: String,
    /// `on`: it arrives without a sound.
    #[serde(default)]
    pub silent: String,
    /// `on`: it cannot be forwarded or saved.
    #[serde(default)]
    pub protected: String,
    /// The version that was read; empty for a new one. See [`View::version`].
    #[serde(default)]
    pub if_unmodified_since: String,
}

impl Draft {
    /// How it is to arrive. A box that is not ticked is not sent at all.
    pub fn manner(&self) -> Manner {
        let is_on = |word: &str| word == "on";
        Manner { silent: is_on(&self.silent), protected: is_on(&self.protected) }
    }
}

/// `POST …/{id}/schedule`: when it is to begin by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Schedule {
    /// The day, as `2026-11-27`.
    #[serde(default)]
    pub day: String,
    /// The time of day, as `09:30`.
    #[serde(default)]
    pub time: String,
    /// The zone whose clock that is (IANA name).
    #[serde(default)]
    pub zone: String,
    /// The version that was read. See [`View::version`].
    #[serde(default)]
    pub if_unmodified_since: String,
}

/// What giving a broadcast a time gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// When it begins.
    pub at: Timestamp,
    /// What the zone's clock does about then: whoever typed the time is told.
    pub clock: Clock,
}

/// What saving a draft gives back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Saved {
    /// Which draft.
    pub id: BroadcastId,
    /// Its new version.
    pub version: String,
}

/// One line of the results.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Delivery {
    /// To whom.
    pub chat: ChatId,
    /// Their name, if they are still a subscriber.
    pub name: String,
    /// Which attempt it was, from 1.
    pub attempt: u16,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether nobody knows if they got it, and they could be sent it once more.
    pub repeatable: bool,
    /// Why, in Telegram's words or ours.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Which results to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeliveryFilter {
    /// An [`Outcome`]; anything else means all.
    #[serde(default)]
    pub outcome: String,
    /// [`Page::next`] of the page before.
    #[serde(default)]
    pub after: String,
}

/// Who of unknown outcome is to be sent a broadcast once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Everybody who could be.
    pub all: bool,
    /// These, unless it is everybody.
    pub chats: Vec<ChatId>,
    /// [`Repeats::until`], as it was looked at. Empty: nothing was looked at yet.
    pub until: String,
}

impl Again {
    /// A field that chooses one person begins so; their number follows.
    pub const TO: &str = "to-";

    /// As a query or a form says it. What names nobody is left out.
    pub fn of<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut again = Self::default();
        for (name, value) in fields {
            match name {
                "all" => again.all = value == "on",
                "until" => again.until = value.to_owned(),
                _ => again.chats.extend(
                    name.strip_prefix(Self::TO).and_then(|chat| chat.parse::<ChatId>().ok()),
                ),
            }
        }
        again
    }
}

/// What sending once more would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// People who would get it.
    pub people: u64,
    /// To be sent along: whose outcome was written down after it is not meant.
    pub until: String,
    /// How long it takes at the bot's rate.
    pub secs: u64,
}

/// Writing, sending and following broadcasts.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait BroadcastsApi: Send + Sync {
    /// A page of the list, newest first, 50 rows. Needs View.
    async fn list(&self, cx: &RequestCx, slug: &str, after: &str)
    -> Result<Page<Row>, ClientError>;

    /// One broadcast. Needs View.
    async fn view(&self, cx: &RequestCx, slug: &str, id: BroadcastId) -> Result<View, ClientError>;

    /// Saves a draft, a new one without `id` (or the one that the same page made before; see
    /// [`Draft::id`]). Needs Edit. [`ClientError::Conflict`] when it moved.
    ///
    /// What waits for its time goes out as it is then: changing it needs Send as well, and a text that can
    /// be sent.
    async fn save(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: Option<BroadcastId>,
        draft: Draft,
    ) -> Result<Saved, ClientError>;

    /// Throws a draft away. Needs Edit; what waits for its time needs Send as well.
    async fn discard(&self, cx: &RequestCx, slug: &str, id: BroadcastId)
    -> Result<(), ClientError>;

    /// What sending this draft would do. Needs Send.
    async fn estimate(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<Estimate, ClientError>;

    /// Whom a draft could go to. Needs Send.
    async fn addressees(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<Addressees, ClientError>;

    /// Has a draft go to others: who that is, is settled when it begins. Needs Send.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `audience`; [`ClientError::Conflict`] when it moved, once it has been sent, and
    /// while the bot is read-only.
    async fn address(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: &Address,
    ) -> Result<(), ClientError>;

    /// Lets a draft cost Stars to go faster, up to a cap, or has it go for free. Needs Send.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `stars`; [`ClientError::Conflict`] when it moved, once it has been sent, where
    /// paying is not offered, and while the bot is read-only.
    async fn pay(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: &Pay,
    ) -> Result<(), ClientError>;

    /// How "send to me" can reach the viewer. Needs Edit.
    async fn test_recipient(
        &self,
        cx: &RequestCx,
        slug: &str,
    ) -> Result<TestRecipient, ClientError>;

    /// In the sandbox: presses Start for the viewer. Needs Edit.
    async fn link_in_sandbox(&self, cx: &RequestCx, slug: &str) -> Result<(), ClientError>;

    /// Sends the saved draft to the viewer alone. Needs Edit.
    async fn send_to_me(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<(), ClientError>;

    /// Freezes the audience and begins. Needs Send. [`ClientError::Conflict`] while another one sends,
    /// or when the draft is not in the edition that was confirmed.
    async fn send(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        edition: &str,
    ) -> Result<(), ClientError>;

    /// Has it begin by itself at a time, or at another one; who gets it is settled then. Needs Send.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `day`, `time` and `zone`; [`ClientError::Conflict`] for another version,
    /// a text that cannot be sent, without a second person's approval where one is needed, and while the
    /// bot is read-only.
    async fn schedule(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Schedule,
    ) -> Result<Scheduled, ClientError>;

    /// Makes it a draft again, as long as nobody has got it. Needs Send.
    async fn unschedule(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<(), ClientError>;

    /// Stops for a while, within a second. Needs Send.
    async fn pause(&self, cx: &RequestCx, slug: &str, id: BroadcastId) -> Result<(), ClientError>;

    /// Goes on. Needs Send.
    async fn resume(&self, cx: &RequestCx, slug: &str, id: BroadcastId) -> Result<(), ClientError>;

    /// Stops for good. Needs Send.
    async fn cancel(&self, cx: &RequestCx, slug: &str, id: BroadcastId) -> Result<(), ClientError>;

    /// What sending once more to `which` would do. Needs Send.
    async fn repeats(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        which: &Again,
    ) -> Result<Repeats, ClientError>;

    /// Sends once more to `which`, as a further attempt on record. Needs Send. [`ClientError::Conflict`] when
    /// they are being sent it already, or it is not known any more who was meant.
    async fn send_again(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        which: &Again,
    ) -> Result<(), ClientError>;

    /// How far it is. Needs View; cheap enough for once a second.
    async fn progress(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<Progress, ClientError>;

    /// A page of results, 50 rows. Needs View.
    async fn deliveries(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        filter: &DeliveryFilter,
    ) -> Result<Page<Delivery>, ClientError>;
}

#[cfg(test)]
mod tests {
    use super::Again;

    #[test]
    fn who_is_meant_is_read_from_ticks_and_what_names_nobody_is_nobody() {
        let fields =
            [("to-7", "on"), ("to--100", "on"), ("to-x", "on"), ("until", "9"), ("else", "on")];
        let again = Again::of(fields.into_iter());
        assert_eq!(again, Again { all: false, chats: vec![7, -100], until: "9".into() });
        assert!(Again::of([("all", "on")].into_iter()).all);
        assert!(!Again::of([("all", "off")].into_iter()).all);
    }
}
