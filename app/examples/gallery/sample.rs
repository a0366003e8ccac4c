//! Use cases that answer with samples.
//!
//! One piece: samples refer to one another across areas, and one type stands for all of them.

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    Backend, ClientError,
    account::{
        AccountApi, AddressCode, Close, Going, Leaving, NewAddress, Occasion, Profile, Revoke,
        Session, SignedIn,
    },
    approvals::{self, ApprovalsApi, Ask, Bound, Refuse, Waiting},
    audit::{self, AuditApi},
    auth::{
        Admission, Again, AuthApi, ChangePassword, Forgot, Login, LoginOutcome, Mark, Register,
        Resend, Reset, Signups, Verified, Verify,
    },
    bots::{
        BotCard, BotFrame, BotView, BotsApi, Connect, Connection, Counts, Destination,
        LastBroadcast, Pace, ReadOnly, Relocate, Texts, TokenPreview,
    },
    broadcasts::{
        self, Address, Addressees, BroadcastsApi, Delivery, DeliveryFilter, Draft, Estimate,
        Progress, Rate, Repeats, Saved, TestRecipient,
    },
    chats::{Chat, ChatsApi},
    cx::{RequestCx, Viewer},
    export::{self, Export, ExportApi, Part},
    instance::{
        Block, GiveOwner, Heir, InstanceApi, Invite, Lift, LogFilter, LogLine, Ownerless, Setup,
    },
    page::Page,
    second_factor::{BackupCodes, Both, Code, Enrolment, Pending, Rule, SecondFactorApi, Standing},
    subscribers::{self, Person, PersonDelivery, SubscribersApi},
    team::{
        Change, Closing, Ending, Founding, Grant, Invite as InviteToTeam, Invited, Join, Keep,
        Link, Matrix, Member, Naming, OnBots, Switch, Team, TeamApi, Welcome, Which, Workspace,
    },
};
use domain::{
    Timestamp,
    approval::State,
    audit::AccountEvent,
    bot::{Api, Delivery as Updates, GOODBYE, Slug, WELCOME},
    breaker::{Trip, Verdict},
    broadcast::{Audience, Manner, Outcome, Recipients, Status, Tally},
    chat,
    ids::{ApprovalId, BroadcastId, ChatId, InvitationId, UserId, WorkspaceId},
    limit::Limit,
    rights::{Preset, Right, Rights, Role},
    schedule::Clock,
    subscriber,
};
use uuid::Uuid;

/// The moment at which every sample is looked at.
pub const NOW: &str = "2026-11-21T13:05:00Z";

/// What the workspace holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Nothing yet.
    Empty,
    /// Nothing yet, and a second factor that waits for its first code.
    Enrolling,
    /// Two bots with people and broadcasts.
    Busy,
    /// The same, with the first bot read-only and its broadcast paused by that.
    Still,
    /// The same, with a broadcast that its circuit breaker paused.
    Tripped,
    /// Two bots, and a draft that goes to so many that a second person is asked.
    Second(Second),
    /// Nothing, and strangers may not sign up.
    Closed,
}

/// How the draft stands with a second person's approval.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// Nobody was asked.
    Needed,
    /// Somebody said no.
    Refused,
    /// Nobody could be asked.
    Alone,
    /// The viewer has asked.
    Mine,
    /// The viewer is asked.
    Yours,
    /// Somebody has approved it.
    Approved,
}

/// All use cases, answering for one scene.
pub fn backend(scene: Scene) -> Backend {
    let sample = Arc::new(Sample { scene });
    Backend {
        account: sample.clone(),
        approvals: sample.clone(),
        audit: sample.clone(),
        auth: sample.clone(),
        billing: sample.clone(),
        bots: sample.clone(),
        broadcasts: sample.clone(),
        chats: sample.clone(),
        exports: sample.clone(),
        instance: sample.clone(),
        second_factor: sample.clone(),
        team: sample.clone(),
        subscribers: sample,
    }
}

pub struct Sample {
    pub scene: Scene,
}

impl Sample {
    /// Whether there are bots with people.
    fn is_busy(&self) -> bool {
        matches!(self.scene, Scene::Busy | Scene::Still | Scene::Tripped | Scene::Second(_))
    }

    /// What waits for the viewer.
    fn waiting(&self) -> Vec<Waiting> {
        let waiting = || Waiting {
            slug: slug("acme_shop_bot"),
            broadcast: id(DRAFT),
            excerpt: "Spring is here 🌱 Everything minus 20 % until Sunday".to_owned(),
            audience: 12_340,
            asked_by: "Bo".to_owned(),
        };
        match self.scene {
            Scene::Second(Second::Yours) => vec![waiting()],
            _ => Vec::new(),
        }
    }

    fn status_of(&self, id: BroadcastId) -> Status {
        match status_of(id) {
            Status::Sending if matches!(self.scene, Scene::Still | Scene::Tripped) => {
                Status::Paused
            }
            status => status,
        }
    }
}

/// The broadcasts of the sample, by the last digit of their id.
pub const DRAFT: u128 = 1;
/// Going out.
pub const SENDING: u128 = 2;
/// Over.
pub const DONE: u128 = 3;
/// Waits for its time.
pub const SCHEDULED: u128 = 4;

/// Of every draft.
const VERSION: &str = "1795000000000000";

const TEXT: &str = "**Spring is here** 🌱\n\nEverything __minus 20 %__ until Sunday, ~~50 €~~ 40 €.\n\
    > What people say: ||the best socks ever||\nUse `SPRING20` in [our shop](https://shop.example).";

pub fn at(ago_secs: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().expect("a valid time");
    Timestamp::from_second(now.as_second() - ago_secs).expect("within range")
}

fn id(number: u128) -> BroadcastId {
    BroadcastId::from(Uuid::from_u128(number))
}

fn slug(text: &str) -> Slug {
    text.parse().expect("a valid slug")
}

fn nothing<T>() -> Page<T> {
    Page { rows: Vec::new(), next: None }
}

fn growth() -> Vec<u64> {
    vec![3, 5, 4, 8, 13, 9, 7, 12, 18, 16, 21, 30, 26, 41]
}

fn tally(status: Status) -> Tally {
    match status {
        Status::Sending | Status::Paused => {
            Tally { sent: 3_104, blocked: 96, deactivated: 8, failed: 2, ..Tally::default() }
        }
        Status::Done => Tally {
            sent: 9_430,
            blocked: 310,
            deactivated: 141,
            failed: 12,
            skipped: 104,
            unknown: 3,
        },
        _ => Tally::default(),
    }
}

fn status_of(id: BroadcastId) -> Status {
    match id.as_uuid().as_u128() {
        DRAFT => Status::Draft,
        SENDING => Status::Sending,
        SCHEDULED => Status::Scheduled,
        _ => Status::Done,
    }
}

fn progress(status: Status) -> Progress {
    Progress {
        status,
        total: if status.is_editable() { 0 } else { 10_000 },
        tally: tally(status),
        per_second: Rate(if status == Status::Sending { 298 } else { 0 }),
        left_secs: (status == Status::Sending).then_some(228),
        in_line: false,
        waiting: (status == Status::Paused).then(|| "the bot was made read-only".to_owned()),
    }
}

#[async_trait]
impl AccountApi for Sample {
    async fn viewer(&self, _: SignedIn) -> Result<Option<Viewer>, ClientError> {
        Ok(None)
    }

    async fn sessions(&self, _: &RequestCx) -> Result<Vec<Session>, ClientError> {
        let session = |ip: &str, user_agent: &str, age| Session {
            name: "00".repeat(32),
            is_this: ip == "127.0.0.1",
            ip: ip.to_owned(),
            country: Some("Germany".to_owned()),
            user_agent: user_agent.to_owned(),
            created_at: at(age),
            last_seen_at: at(age / 40),
        };
        Ok(vec![
            session(
                "127.0.0.1",
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
                90_000,
            ),
            session(
                "2001:db8::7",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
                900_000,
            ),
        ])
    }

    async fn history(&self, _: &RequestCx) -> Result<Vec<Occasion>, ClientError> {
        let occasion = |what: &str, refused, age| Occasion {
            at: at(age),
            what: what.to_owned(),
            refused,
            ip: "2001:db8::7".to_owned(),
            country: None,
            user_agent: "Mozilla/5.0 (iPhone) Safari/604.1".to_owned(),
        };
        Ok(vec![occasion("Signed in", false, 900), occasion("Sign-in refused", true, 930)])
    }

    async fn revoke(&self, _: &RequestCx, _: Revoke) -> Result<(), ClientError> {
        Ok(())
    }

    async fn revoke_others(&self, _: &RequestCx) -> Result<Admission, ClientError> {
        Err(ClientError::Internal)
    }

    async fn set_profile(&self, _: &RequestCx, _: Profile) -> Result<(), ClientError> {
        Ok(())
    }

    async fn waiting_address(&self, _: &RequestCx) -> Result<Option<String>, ClientError> {
        Ok(Some("ann.lee@example.com".to_owned()))
    }

    async fn ask_address(&self, _: &RequestCx, _: NewAddress) -> Result<(), ClientError> {
        Ok(())
    }

    async fn resend_address(&self, _: &RequestCx) -> Result<(), ClientError> {
        Ok(())
    }

    async fn verify_address(&self, _: &RequestCx, _: AddressCode) -> Result<(), ClientError> {
        Ok(())
    }

    async fn leaving(&self, _: &RequestCx) -> Result<Leaving, ClientError> {
        let bots = vec!["Acme_Shop_Bot".to_owned(), "acme_news_bot".to_owned()];
        let acme = Going { name: "Acme".to_owned(), bots, others: 2, pays: true };
        Ok(Leaving { goes: vec![acme], stays: vec!["The Choir".to_owned()] })
    }

    async fn close(&self, _: &RequestCx, _: Close) -> Result<(), ClientError> {
        Ok(())
    }
}

#[async_trait]
impl ApprovalsApi for Sample {
    async fn standing(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
    ) -> Result<approvals::Standing, ClientError> {
        let Scene::Second(second) = self.scene else { return Ok(approvals::Standing::default()) };
        let request = |state: State| approvals::Request {
            id: ApprovalId::from(Uuid::from_u128(9)),
            version: VERSION.to_owned(),
            audience: 12_340,
            state,
            asked_by: if second == Second::Yours { "Bo" } else { "Ann Lee" }.to_owned(),
            asked_at: at(900),
            is_mine: second != Second::Yours,
            decided_by: (state != State::Open).then(|| "Bo".to_owned()),
            decided_at: (state != State::Open).then(|| at(300)),
            reason: (state == State::Refused)
                .then(|| "Sunday is a holiday.\nShall we wait until Monday?".to_owned()),
            not_you: (second != Second::Yours).then(|| {
                "You asked for this approval, so somebody else has to give it.".to_owned()
            }),
        };
        Ok(approvals::Standing {
            above: Some(10_000),
            last: match second {
                Second::Needed | Second::Alone => None,
                Second::Refused => Some(request(State::Refused)),
                Second::Mine | Second::Yours => Some(request(State::Open)),
                Second::Approved => Some(request(State::Approved)),
            },
            others: if second == Second::Alone { 0 } else { 3 },
            to_chats: false,
        })
    }

    async fn ask(&self, _: &RequestCx, _: &str, _: BroadcastId, _: Ask) -> Result<(), ClientError> {
        Ok(())
    }

    async fn approve(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        _: approvals::Which,
    ) -> Result<(), ClientError> {
        Ok(())
    }

    async fn refuse(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        _: Refuse,
    ) -> Result<(), ClientError> {
        Ok(())
    }

    async fn withdraw(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        _: approvals::Which,
    ) -> Result<(), ClientError> {
        Ok(())
    }

    async fn bound(&self, _: &RequestCx) -> Result<Option<u32>, ClientError> {
        Ok(self.is_busy().then_some(10_000))
    }

    async fn set_bound(&self, _: &RequestCx, _: Bound) -> Result<(), ClientError> {
        Ok(())
    }
}

#[async_trait]
impl AuditApi for Sample {
    async fn list(
        &self,
        _: &RequestCx,
        _: &audit::Filter,
    ) -> Result<Page<audit::Entry>, ClientError> {
        if !self.is_busy() {
            return Ok(nothing());
        }
        let entry =
            |age, actor: &str, sentence: &str, kind: &str, bot: Option<&str>| audit::Entry {
                at: at(age),
                actor: actor.to_owned(),
                actor_id: Some(Uuid::nil().into()),
                sentence: sentence.to_owned(),
                kind: kind.to_owned(),
                bot: bot.map(str::to_owned),
                resource: None,
                ip: Some("127.0.0.1".to_owned()),
                user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0".to_owned()),
                is_erased: false,
                request_id: None,
                seq: Some(1_042),
                facts: vec![audit::Detail {
                    name: "recipients".to_owned(),
                    before: Some("9999".to_owned()),
                    value: "10000".to_owned(),
                }],
                details: "{\"recipients\":10000}".to_owned(),
            };
        let bot = Some("acme_shop_bot");
        Ok(Page {
            rows: vec![
                entry(
                    60,
                    "Ann Lee",
                    "started a broadcast to 10,000 people",
                    "broadcast.started",
                    bot,
                ),
                entry(400, "Ann Lee", "edited a draft", "broadcast.edited", bot),
                entry(
                    4_000,
                    "Connection keeper",
                    "registered the connection anew",
                    "bot.repaired",
                    bot,
                ),
                entry(90_000, "Ann Lee", "connected @acme_shop_bot", "bot.connected", bot),
                entry(90_100, "Ann Lee", "signed in", "session.opened", None),
            ],
            next: Some("next".to_owned()),
        })
    }

    async fn export(
        &self,
        cx: &RequestCx,
        filter: &audit::Filter,
    ) -> Result<Page<audit::Entry>, ClientError> {
        AuditApi::list(self, cx, filter).await
    }

    async fn choices(&self, _: &RequestCx) -> Result<audit::Choices, ClientError> {
        let kinds = ["bot.connected", "broadcast.edited", "broadcast.started"];
        Ok(audit::Choices {
            people: vec![(Uuid::nil().into(), "Ann Lee".to_owned())],
            kinds: kinds.map(str::to_owned).to_vec(),
        })
    }
}

#[async_trait]
impl AuthApi for Sample {
    fn signups(&self) -> Signups {
        if self.scene == Scene::Closed { Signups::Closed } else { Signups::Open }
    }

    async fn register(&self, _: &RequestCx, _: Register) -> Result<Mark, ClientError> {
        Ok(Mark(String::new()))
    }

    async fn verify(
        &self,
        _: &RequestCx,
        _: Verify,
        _: Option<Mark>,
    ) -> Result<Verified, ClientError> {
        Err(ClientError::Internal)
    }

    async fn forgot(&self, _: &RequestCx, _: Forgot) -> Result<(), ClientError> {
        Ok(())
    }

    async fn is_reset_open(&self, token: &str) -> Result<bool, ClientError> {
        Ok(token == "open")
    }

    async fn reset(&self, _: &RequestCx, _: Reset) -> Result<(), ClientError> {
        Ok(())
    }

    async fn resend(&self, _: &RequestCx, _: Resend) -> Result<(), ClientError> {
        Ok(())
    }

    async fn login(&self, _: &RequestCx, _: Login) -> Result<LoginOutcome, ClientError> {
        Ok(LoginOutcome::Unverified(Mark(String::new())))
    }

    async fn change_password(
        &self,
        _: &RequestCx,
        _: ChangePassword,
    ) -> Result<Admission, ClientError> {
        Err(ClientError::Internal)
    }

    async fn count(&self, _: &RequestCx, _: Limit) -> Result<(), ClientError> {
        Ok(())
    }

    async fn prove(&self, _: &RequestCx, _: Again) -> Result<(), ClientError> {
        Ok(())
    }

    async fn logout(&self, _: &RequestCx) -> Result<(), ClientError> {
        Ok(())
    }
}

#[async_trait]
impl InstanceApi for Sample {
    async fn blocks(&self, _: &RequestCx) -> Result<Vec<Block>, ClientError> {
        if self.scene == Scene::Empty {
            return Ok(Vec::new());
        }
        let block = |client: &str| Block { client: client.to_owned(), until: at(-1_800) };
        Ok(["203.0.113.66", "2001:db8:1:2::/64"].map(block).into())
    }

    async fn log(&self, _: &RequestCx, _: &LogFilter) -> Result<Page<LogLine>, ClientError> {
        if self.scene != Scene::Busy {
            return Ok(nothing());
        }
        let line = |age, event: AccountEvent, email: Option<&str>| LogLine {
            at: at(age),
            name: email.map(|_| "Ann Lee".to_owned()),
            email: email.map(str::to_owned),
            is_gone: false,
            sentence: event.sentence().to_owned(),
            kind: event.kind().to_owned(),
            ip: "203.0.113.66".to_owned(),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0".to_owned(),
        };
        let ann = Some("ann.lee@example.org");
        let rows = vec![
            line(60, AccountEvent::SignedIn, ann),
            line(400, AccountEvent::SignInRefused, None),
            line(4_000, AccountEvent::AccessRefused, ann),
        ];
        Ok(Page { rows, next: Some("older".to_owned()) })
    }

    async fn lift(&self, _: &RequestCx, _: Lift) -> Result<(), ClientError> {
        Ok(())
    }

    async fn invite(&self, _: &RequestCx, _: Invite) -> Result<(), ClientError> {
        Ok(())
    }

    async fn ownerless(&self, _: &RequestCx) -> Result<Vec<Ownerless>, ClientError> {
        if self.scene == Scene::Empty {
            return Ok(Vec::new());
        }
        let heir = |n, name: &str, email: &str, role| Heir {
            user: UserId::from(Uuid::from_u128(n)),
            name: name.to_owned(),
            email: email.to_owned(),
            role,
        };
        let workspace = |n, name: &str, bots, people| Ownerless {
            id: WorkspaceId::from(Uuid::from_u128(n)),
            name: name.to_owned(),
            bots,
            people,
        };
        let bob = heir(2, "Bob Roe", "bob@example.com", Role::Admin);
        let cleo = heir(3, "Cleo Fay", "cleo.with.a.rather.long.address@example.com", Role::Member);
        Ok(vec![
            workspace(7, "The Choir", 1, vec![bob, cleo.clone()]),
            workspace(8, "Bakery & Sons, the second workspace of them all", 0, vec![cleo]),
        ])
    }

    async fn give_owner(&self, _: &RequestCx, _: GiveOwner) -> Result<(), ClientError> {
        Ok(())
    }

    async fn set_up(&self, _: &RequestCx, _: Setup) -> Result<(), ClientError> {
        Ok(())
    }
}

#[async_trait]
impl ExportApi for Sample {
    async fn current(&self, _: &RequestCx) -> Result<Option<Export>, ClientError> {
        let state = match self.scene {
            Scene::Busy => export::State::Ready {
                at: at(600),
                until: at(-600_000),
                files: [("audit-log", 1_042), ("deliveries", 120_044), ("subscribers", 10_204)]
                    .into_iter()
                    .flat_map(|(name, rows)| {
                        ["csv", "jsonl"].map(|ending| export::File {
                            name: format!("{name}.{ending}"),
                            rows,
                            bytes: rows * 118,
                        })
                    })
                    .collect(),
            },
            Scene::Empty => return Ok(None),
            _ => export::State::Writing { done: 45_000, total: 131_290 },
        };
        Ok(Some(Export {
            id: Uuid::nil().to_string(),
            asked_by: "Ann Lee".to_owned(),
            asked_at: at(900),
            state,
        }))
    }

    async fn ask(&self, _: &RequestCx) -> Result<(), ClientError> {
        Ok(())
    }

    async fn fetch(&self, _: &RequestCx, _: &str, _: &str) -> Result<Part, ClientError> {
        Err(ClientError::NotFound)
    }

    async fn part_after(
        &self,
        _: &RequestCx,
        _: &str,
        _: &str,
        _: i32,
    ) -> Result<Option<Part>, ClientError> {
        Ok(None)
    }
}

#[async_trait]
impl TeamApi for Sample {
    async fn workspaces(&self, _: &RequestCx) -> Result<Vec<Workspace>, ClientError> {
        let workspace = |n, name: &str, role| Workspace {
            id: WorkspaceId::from(Uuid::from_u128(n)),
            name: name.to_owned(),
            role,
            closes_at: None,
        };
        let old = Workspace {
            closes_at: Some(at(-12 * 86_400)),
            ..workspace(3, "Old shop", Role::Owner)
        };
        Ok(vec![workspace(2, "Acme", Role::Owner), workspace(5, "The Choir", Role::Member), old])
    }

    async fn ending(&self, _: &RequestCx) -> Result<Ending, ClientError> {
        let bots = match self.scene {
            Scene::Busy => vec!["Acme_Shop_Bot".to_owned(), "puffin_sandbox_bot".to_owned()],
            _ => Vec::new(),
        };
        Ok(Ending { bots, others: 2, goes_at: at(-30 * 86_400), pays: true })
    }

    async fn close_workspace(&self, _: &RequestCx, _: Closing) -> Result<(), ClientError> {
        Ok(())
    }

    async fn keep_workspace(&self, _: &RequestCx, _: Keep) -> Result<WorkspaceId, ClientError> {
        Err(ClientError::Internal)
    }

    async fn found(&self, _: &RequestCx, _: Founding) -> Result<WorkspaceId, ClientError> {
        Err(ClientError::Internal)
    }

    async fn choose(&self, _: &RequestCx, _: Switch) -> Result<WorkspaceId, ClientError> {
        Err(ClientError::Internal)
    }

    async fn rename(&self, _: &RequestCx, _: Naming) -> Result<(), ClientError> {
        Ok(())
    }

    async fn team(&self, _: &RequestCx) -> Result<Team, ClientError> {
        let member = |n, name: &str, email: &str, role, age| Member {
            user: UserId::from(Uuid::from_u128(n)),
            name: name.to_owned(),
            email: Some(email.to_owned()),
            role,
            joined_at: at(age),
            has_factor: n % 2 == 1,
        };
        let mut team = Team {
            members: vec![member(1, "Ann Lee", "ann@example.com", Role::Owner, 9_000_000)],
            ..Team::default()
        };
        if self.is_busy() {
            team.members.push(member(2, "Bo", "bo@example.com", Role::Admin, 800_000));
            team.members.push(member(3, "Cleo Marsh", "cleo@example.com", Role::Member, 60_000));
            team.bots = bots_of_matrix();
            let invited = |n, email: Option<&str>| Invited {
                id: InvitationId::from(Uuid::from_u128(n)),
                email: email.map(str::to_owned),
                role: Role::Member,
                expires_at: at(-500_000),
            };
            team.invited = vec![invited(1, Some("dee@example.com")), invited(2, None)];
        }
        Ok(team)
    }

    async fn set_role(&self, _: &RequestCx, _: Change) -> Result<(), ClientError> {
        Ok(())
    }

    async fn sign_out(&self, _: &RequestCx, _: Change) -> Result<(), ClientError> {
        Ok(())
    }

    async fn remove(&self, _: &RequestCx, _: Change) -> Result<(), ClientError> {
        Ok(())
    }

    async fn leave(&self, _: &RequestCx) -> Result<(), ClientError> {
        Ok(())
    }

    async fn invite(&self, _: &RequestCx, _: InviteToTeam, _: OnBots) -> Result<Link, ClientError> {
        Err(ClientError::Internal)
    }

    async fn revoke_invitation(&self, _: &RequestCx, _: Which) -> Result<(), ClientError> {
        Ok(())
    }

    async fn renew_invitation(&self, _: &RequestCx, _: Which) -> Result<(), ClientError> {
        Ok(())
    }

    async fn matrix(&self, _: &RequestCx) -> Result<Matrix, ClientError> {
        if !self.is_busy() {
            return Ok(Matrix::default());
        }
        let user = |n| UserId::from(Uuid::from_u128(n));
        let odd = Rights::NONE.with(Right::Manage);
        Ok(Matrix {
            bots: bots_of_matrix(),
            members: vec![
                (user(3), "Cleo Marsh".to_owned(), vec![Preset::Sender.rights(), Rights::NONE]),
                (user(4), "Dan".to_owned(), vec![odd, Preset::Viewer.rights()]),
            ],
        })
    }

    async fn grant(&self, _: &RequestCx, _: Grant, _: OnBots) -> Result<(), ClientError> {
        Ok(())
    }

    async fn welcome(&self, token: &str) -> Result<Option<Welcome>, ClientError> {
        let email = Some("ann@example.com".to_owned());
        let welcome = Welcome { workspace: "The Choir".to_owned(), role: Role::Member, email };
        Ok((token == "open").then_some(welcome))
    }

    async fn join(&self, _: &RequestCx, _: Join) -> Result<WorkspaceId, ClientError> {
        Err(ClientError::Internal)
    }
}

/// The bots of the busy workspace, by slug and name.
fn bots_of_matrix() -> Vec<(String, String)> {
    let bot = |slug: &str, name: &str| (slug.to_owned(), name.to_owned());
    vec![bot("acme_shop_bot", "Acme Shop"), bot("acme_news_bot", "Acme News")]
}

#[async_trait]
impl SecondFactorApi for Sample {
    async fn sign_in(
        &self,
        _: &RequestCx,
        pending: Pending,
        _: Code,
    ) -> Result<LoginOutcome, ClientError> {
        Ok(LoginOutcome::SignedIn(pending.admission))
    }

    async fn standing(&self, _: &RequestCx) -> Result<Standing, ClientError> {
        Ok(match self.scene {
            Scene::Empty | Scene::Closed => Standing::Off,
            Scene::Enrolling => Standing::Begun(Enrolment {
                key: "TEST TEST TEST TEST TEST TEST TEST TEST".to_owned(),
                link: "otpauth://totp/Gannet:ann%40example%2Ecom?secret=TEST&issuer=Gannet"
                    .to_owned(),
            }),
            Scene::Busy | Scene::Still | Scene::Tripped | Scene::Second(_) => {
                Standing::On { codes_left: 7 }
            }
        })
    }

    async fn begin(&self, _: &RequestCx) -> Result<(), ClientError> {
        Ok(())
    }

    async fn confirm(
        &self,
        _: &RequestCx,
        _: Code,
    ) -> Result<(BackupCodes, Admission), ClientError> {
        Err(ClientError::Internal)
    }

    async fn renew_codes(&self, _: &RequestCx, _: Both) -> Result<BackupCodes, ClientError> {
        Err(ClientError::Internal)
    }

    async fn turn_off(&self, _: &RequestCx, _: Both) -> Result<(), ClientError> {
        Ok(())
    }

    async fn is_required(&self, _: &RequestCx) -> Result<bool, ClientError> {
        Ok(true)
    }

    async fn set_rule(&self, _: &RequestCx, _: Rule) -> Result<(), ClientError> {
        Ok(())
    }
}

#[async_trait]
impl BotsApi for Sample {
    async fn list(&self, _: &RequestCx) -> Result<Vec<BotCard>, ClientError> {
        if !self.is_busy() {
            return Ok(Vec::new());
        }
        let shop = BotCard {
            slug: slug("acme_shop_bot"),
            name: "Acme Shop".to_owned(),
            api: Api::Telegram,
            active: 12_345,
            growth: growth(),
            last_broadcast: Some(LastBroadcast {
                excerpt: "Spring is here 🌱".to_owned(),
                status: Status::Sending,
                started_at: at(110),
                total: 10_000,
                tally: tally(Status::Sending),
            }),
            trouble: None,
            read_only: self.scene == Scene::Still,
            waiting: self.waiting(),
        };
        let sandbox = BotCard {
            slug: slug("puffin_sandbox_bot"),
            name: "Puffin (sandbox)".to_owned(),
            api: Api::Sandbox,
            active: 1_000,
            growth: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1_000],
            last_broadcast: None,
            trouble: Some("Telegram has not answered for 5 minutes. We keep trying.".to_owned()),
            read_only: false,
            waiting: Vec::new(),
        };
        Ok(vec![shop, sandbox])
    }

    fn sandbox_offered(&self) -> bool {
        true
    }

    async fn preview(&self, _: &RequestCx, _: &Connect) -> Result<TokenPreview, ClientError> {
        Ok(TokenPreview {
            ticket: "sealed:TEST".into(),
            name: "Acme Shop".to_owned(),
            username: "Acme_Shop_Bot".to_owned(),
            picture: None,
            held_by: None,
        })
    }

    async fn connect(&self, _: &RequestCx, _: &Connect) -> Result<Slug, ClientError> {
        Ok(slug("acme_shop_bot"))
    }

    async fn connect_sandbox(&self, _: &RequestCx, _: &str) -> Result<Slug, ClientError> {
        Ok(slug("puffin_sandbox_bot"))
    }

    async fn view(&self, _: &RequestCx, _: &str) -> Result<BotView, ClientError> {
        Ok(BotView {
            slug: slug("acme_shop_bot"),
            name: "Acme Shop".to_owned(),
            username: "Acme_Shop_Bot".to_owned(),
            api: Api::Telegram,
            telegram_id: 123_456_789,
            token_last4: "TEST".to_owned(),
            rights: Rights::ALL,
            welcome: WELCOME.to_owned(),
            goodbye: GOODBYE.to_owned(),
            version: "1".to_owned(),
            counts: Counts {
                active: 12_345,
                paused: 31,
                unsubscribed: 402,
                blocked: 310,
                deactivated: 141,
            },
            growth: growth(),
            sources: vec![
                ("spring".to_owned(), 5_210),
                ("instagram".to_owned(), 2_004),
                ("flyer-7".to_owned(), 88),
            ],
            sandbox_people: None,
            read_only: self.scene == Scene::Still,
            rate: Some(12),
            fastest: 30,
        })
    }

    async fn frame(&self, _: &RequestCx, asked: &str) -> Result<BotFrame, ClientError> {
        if asked == "foreign_bot" {
            return Err(ClientError::Forbidden);
        }
        Ok(BotFrame {
            slug: slug("acme_shop_bot"),
            name: "Acme Shop".to_owned(),
            api: Api::Telegram,
            rights: Rights::ALL,
            read_only: self.scene == Scene::Still,
            waiting: self.waiting(),
        })
    }

    async fn connection(&self, _: &RequestCx, _: &str) -> Result<Connection, ClientError> {
        Ok(Connection {
            delivery: Updates::Polling,
            last_update_at: Some(at(75)),
            pending: Some(0),
            waiting: 0,
            waiting_since: None,
            last_error: None,
            trouble: None,
        })
    }

    async fn repair(&self, _: &RequestCx, _: &str) -> Result<(), ClientError> {
        Ok(())
    }

    async fn set_texts(&self, _: &RequestCx, _: &str, _: Texts) -> Result<(), ClientError> {
        Ok(())
    }

    async fn set_read_only(&self, _: &RequestCx, _: &str, _: ReadOnly) -> Result<(), ClientError> {
        Ok(())
    }

    async fn set_rate(&self, _: &RequestCx, _: &str, _: Pace) -> Result<(), ClientError> {
        Ok(())
    }

    async fn rotate(&self, _: &RequestCx, _: &str, _: &Connect) -> Result<(), ClientError> {
        Ok(())
    }

    async fn destinations(&self, _: &RequestCx, _: &str) -> Result<Vec<Destination>, ClientError> {
        let one = |n, name: &str| Destination {
            id: WorkspaceId::from(Uuid::from_u128(n)),
            name: name.to_owned(),
        };
        Ok(vec![one(5, "The Choir"), one(6, "Bakery & Sons")])
    }

    async fn relocate(
        &self,
        _: &RequestCx,
        _: &str,
        _: Relocate,
    ) -> Result<WorkspaceId, ClientError> {
        Err(ClientError::Internal)
    }

    async fn disconnect(&self, _: &RequestCx, _: &str, _: &str) -> Result<(), ClientError> {
        Ok(())
    }
}

fn people() -> Vec<subscribers::Row> {
    use subscriber::Status::*;
    let row = |chat,
               name: &str,
               username: Option<&str>,
               status,
               source: Option<&str>,
               language: &str,
               age| {
        subscribers::Row {
            chat,
            name: name.to_owned(),
            username: username.map(str::to_owned),
            status,
            source: source.map(str::to_owned),
            language: Some(language.to_owned()),
            since: at(age),
        }
    };
    vec![
        row(62_000_001, "Ann Lee", Some("annlee"), Active, Some("spring"), "en", 300),
        row(62_000_002, "Борис Жуков", None, Active, Some("instagram"), "ru", 9_000),
        row(62_000_003, "مريم", Some("maryam"), Paused, None, "ar", 90_000),
        row(62_000_004, "Zoë", Some("zoe_z"), Blocked, Some("spring"), "de", 900_000),
        row(62_000_005, "Deleted Account", None, Deactivated, None, "en", 40_000_000),
        row(
            62_000_006,
            "A person with an exceedingly long name that goes on",
            None,
            Unsubscribed,
            Some("flyer-7"),
            "pt-br",
            80_000,
        ),
    ]
}

#[async_trait]
impl ChatsApi for Sample {
    async fn list(&self, _: &RequestCx, _: &str, _: &str) -> Result<Page<Chat>, ClientError> {
        Ok(match self.is_busy() {
            false => nothing(),
            true => Page { rows: chats(), next: Some("62000006".to_owned()) },
        })
    }
}

/// What a sample may cost.
fn paid(broadcast: BroadcastId) -> Option<broadcasts::Paid> {
    (broadcast == id(DONE)).then(|| broadcasts::Paid {
        cap: 50,
        so_far: 50_000,
        unpaid_because: Some("as many Stars as it may cost are used up".to_owned()),
    })
}

/// Whom a sample goes to.
fn recipients(broadcast: BroadcastId) -> Recipients {
    if broadcast == id(SCHEDULED) {
        Recipients { audience: Audience::Chosen, chosen: vec![-1_001_234_567_890, -4_711] }
    } else {
        Recipients::default()
    }
}

/// Groups and channels, one of each kind and standing.
fn chats() -> Vec<Chat> {
    use chat::{Kind, Standing};
    let chat =
        |number, kind, title: &str, username: Option<&str>, standing, why: Option<&str>, age| {
            Chat {
                chat: number,
                kind,
                title: title.to_owned(),
                username: username.map(str::to_owned),
                standing,
                reason: why.map(str::to_owned),
                standing_since: at(age),
                since: at(age),
            }
        };
    let muted = "Bad Request: not enough rights to send text messages to the chat";
    vec![
        chat(
            -1_001_234_567_890,
            Kind::Channel,
            "Acme News 🌱",
            Some("acme_news"),
            Standing::Writable,
            None,
            900,
        ),
        chat(-4_711, Kind::Group, "مشتریان Acme", None, Standing::Writable, None, 90_000),
        chat(
            -1_009_876_543_210,
            Kind::Supergroup,
            "A group with a title so long that it hardly fits into a line of a telephone <b>at all</b>",
            Some("acme_friends_of_the_shop"),
            Standing::Muted,
            Some(muted),
            900_000,
        ),
        chat(
            -1_005_555_555_555,
            Kind::Supergroup,
            "Old friends",
            None,
            Standing::Gone,
            Some("the bot was put out"),
            9_000_000,
        ),
    ]
}

#[async_trait]
impl SubscribersApi for Sample {
    async fn list(
        &self,
        _: &RequestCx,
        _: &str,
        filter: &subscribers::Filter,
    ) -> Result<Page<subscribers::Row>, ClientError> {
        let none = !self.is_busy() || filter.q == "nobody";
        Ok(if none {
            nothing()
        } else {
            Page { rows: people(), next: Some("62000006".to_owned()) }
        })
    }

    async fn person(&self, _: &RequestCx, _: &str, _: ChatId) -> Result<Person, ClientError> {
        let delivery = |number, outcome, reason: Option<&str>, age| PersonDelivery {
            broadcast: id(number),
            excerpt: "Spring is here 🌱".to_owned(),
            outcome,
            reason: reason.map(str::to_owned),
            at: at(age),
        };
        Ok(Person {
            row: people().swap_remove(0),
            last_active_at: at(200),
            status_since: at(300),
            deliveries: vec![
                delivery(SENDING, Outcome::Sent, None, 100),
                delivery(
                    DONE,
                    Outcome::Failed,
                    Some("Telegram said: message text is empty"),
                    90_000,
                ),
            ],
        })
    }
}

#[async_trait]
impl BroadcastsApi for Sample {
    async fn list(
        &self,
        _: &RequestCx,
        _: &str,
        _: &str,
    ) -> Result<Page<broadcasts::Row>, ClientError> {
        if !self.is_busy() {
            return Ok(nothing());
        }
        let row = |number, excerpt: &str, age| {
            let status = self.status_of(id(number));
            let Progress { total, tally, .. } = progress(status);
            broadcasts::Row {
                id: id(number),
                excerpt: excerpt.to_owned(),
                status,
                total,
                tally,
                begins_at: (status == Status::Scheduled).then(|| at(-200_000)),
                updated_at: at(age),
            }
        };
        Ok(Page {
            rows: vec![
                row(SENDING, "Spring is here 🌱", 110),
                row(DRAFT, "", 4_000),
                row(SCHEDULED, "Closed on Monday", 5_000),
                row(DONE, "We moved! From Monday you find us behind the old market hall", 90_000),
            ],
            next: None,
        })
    }

    async fn view(
        &self,
        _: &RequestCx,
        _: &str,
        id: BroadcastId,
    ) -> Result<broadcasts::View, ClientError> {
        let status = self.status_of(id);
        let tripped =
            (self.scene == Scene::Tripped && status == Status::Paused).then_some(Trip::Gone);
        let mut progress = progress(status);
        if let Some(trip) = tripped {
            progress.waiting = Some(Verdict { trip, bad: 83, of: 200 }.reason());
        }
        Ok(broadcasts::View {
            id,
            text: TEXT.to_owned(),
            status,
            manner: Manner { silent: status == Status::Scheduled, protected: false },
            to: recipients(id),
            paid: paid(id),
            version: VERSION.to_owned(),
            edition: VERSION.to_owned(),
            plan: (status == Status::Scheduled).then(|| broadcasts::Plan {
                at: at(-200_000),
                zone: "America/New_York".to_owned(),
                by: "Ann Lee".to_owned(),
            }),
            active: (status == Status::Scheduled).then_some(12_345),
            author: "Ann Lee".to_owned(),
            created_at: at(4_000),
            started_at: (!status.is_editable()).then(|| at(450)),
            finished_at: status.is_over().then(|| at(110)),
            repeatable: progress.tally.unknown,
            progress,
            tripped,
        })
    }

    async fn save(
        &self,
        _: &RequestCx,
        _: &str,
        _: Option<BroadcastId>,
        _: Draft,
    ) -> Result<Saved, ClientError> {
        Ok(Saved { id: id(DRAFT), version: "2".to_owned() })
    }

    async fn discard(&self, _: &RequestCx, _: &str, _: BroadcastId) -> Result<(), ClientError> {
        Ok(())
    }

    async fn estimate(
        &self,
        _: &RequestCx,
        _: &str,
        id: BroadcastId,
    ) -> Result<Estimate, ClientError> {
        let audience: u64 = match (self.is_busy(), recipients(id).audience) {
            (false, _) => 0,
            (true, Audience::Subscribers) => 12_345,
            (true, _) => 2,
        };
        let faster = (audience > 2).then(|| broadcasts::Faster {
            rate: 1_000,
            stars: audience.div_ceil(10),
            secs: audience.div_ceil(1_000),
            free_secs: audience.div_ceil(30),
        });
        Ok(Estimate {
            audience,
            secs: audience.div_ceil(30),
            finish_at: at(-412),
            rate: 30,
            faster,
        })
    }

    async fn addressees(
        &self,
        _: &RequestCx,
        _: &str,
        id: BroadcastId,
    ) -> Result<Addressees, ClientError> {
        let chats = if self.is_busy() { chats() } else { Vec::new() };
        let there = chats.into_iter().filter(|chat| chat.standing != chat::Standing::Gone);
        Ok(Addressees { to: recipients(id), chats: there.collect(), is_cut: false })
    }

    async fn pay(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        _: &broadcasts::Pay,
    ) -> Result<(), ClientError> {
        Ok(())
    }

    async fn address(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        _: &Address,
    ) -> Result<(), ClientError> {
        Ok(())
    }

    async fn test_recipient(&self, _: &RequestCx, _: &str) -> Result<TestRecipient, ClientError> {
        Ok(TestRecipient::Unlinked {
            link: "https://t.me/acme_shop_bot?start=me-TEST".to_owned(),
            sandbox: false,
        })
    }

    async fn link_in_sandbox(&self, _: &RequestCx, _: &str) -> Result<(), ClientError> {
        Ok(())
    }

    async fn send_to_me(&self, _: &RequestCx, _: &str, _: BroadcastId) -> Result<(), ClientError> {
        Ok(())
    }

    async fn send(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        _: &str,
    ) -> Result<(), ClientError> {
        Ok(())
    }

    async fn schedule(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        _: broadcasts::Schedule,
    ) -> Result<broadcasts::Scheduled, ClientError> {
        Ok(broadcasts::Scheduled { at: at(-200_000), clock: Clock::Even })
    }

    async fn unschedule(&self, _: &RequestCx, _: &str, _: BroadcastId) -> Result<(), ClientError> {
        Ok(())
    }

    async fn pause(&self, _: &RequestCx, _: &str, _: BroadcastId) -> Result<(), ClientError> {
        Ok(())
    }

    async fn resume(&self, _: &RequestCx, _: &str, _: BroadcastId) -> Result<(), ClientError> {
        Ok(())
    }

    async fn cancel(&self, _: &RequestCx, _: &str, _: BroadcastId) -> Result<(), ClientError> {
        Ok(())
    }

    async fn repeats(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        which: &broadcasts::Again,
    ) -> Result<Repeats, ClientError> {
        let people = if which.all { 3 } else { which.chats.len() as u64 };
        Ok(Repeats { people, until: VERSION.to_owned(), secs: 1 })
    }

    async fn send_again(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        _: &broadcasts::Again,
    ) -> Result<(), ClientError> {
        Ok(())
    }

    async fn progress(
        &self,
        _: &RequestCx,
        _: &str,
        id: BroadcastId,
    ) -> Result<Progress, ClientError> {
        Ok(progress(self.status_of(id)))
    }

    async fn deliveries(
        &self,
        _: &RequestCx,
        _: &str,
        _: BroadcastId,
        filter: &DeliveryFilter,
    ) -> Result<Page<Delivery>, ClientError> {
        let line = |chat, name: &str, outcome, reason: Option<&str>| Delivery {
            chat,
            name: name.to_owned(),
            attempt: 1,
            outcome,
            repeatable: outcome == Outcome::Unknown,
            reason: reason.map(str::to_owned),
            at: at(300),
        };
        let lost = Some("No answer came after it was sent");
        let mut rows = vec![
            line(62_000_001, "Ann Lee", Outcome::Sent, None),
            line(
                62_000_004,
                "Zoë",
                Outcome::Blocked,
                Some("Forbidden: bot was blocked by the user"),
            ),
            line(62_000_005, "", Outcome::Deactivated, Some("Forbidden: user is deactivated")),
            line(62_000_002, "Борис Жуков", Outcome::Unknown, lost),
        ];
        if filter.outcome == Outcome::Unknown.as_str() {
            let again = |attempt, repeatable| Delivery {
                attempt,
                repeatable,
                ..line(62_000_006, "Mia", Outcome::Unknown, lost)
            };
            rows.drain(..3);
            rows.extend([
                again(1, false),
                again(2, true),
                line(62_000_007, "", Outcome::Unknown, lost),
            ]);
        }
        Ok(Page { rows, next: None })
    }
}
