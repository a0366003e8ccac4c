//! What is written into the audit log: one variant for each thing that can be done.
//!
//! A new mutation needs a new variant, and a variant does not compile without its word and its
//! sentence. Secrets and message texts are never part of one.
//!
//! One piece: an event stands in it three times, with its data, its word and its sentence, and whoever adds
//! one looks at the others.

use serde::{
    Deserialize, Serialize,
    de::{self, IntoDeserializer, value},
};

use crate::{
    approval,
    bot::{Api, Slug},
    broadcast::{Audience, Tally},
    ids::{BroadcastId, TelegramBotId, UserId},
    paid::stars,
    rights::{Right, Rights, Role},
    words::words,
};

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    User(UserId),
    /// A part of Gannet, by the name shown in the log.
    System(&'static str),
}

/// What happened in a workspace.
///
/// Where something has become another thing, the field of what it is now has a neighbour that ends in
/// `_before`: the log shows the two as before → after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// The first workspace came with the account.
    #[serde(rename = "workspace.created")]
    WorkspaceCreated {
        /// Its name.
        name: String,
    },
    /// It is called something else.
    #[serde(rename = "workspace.renamed")]
    WorkspaceRenamed {
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
    /// An owner wants it gone: it goes in 30 days, and until then nothing is done in it.
    #[serde(rename = "workspace.closing")]
    WorkspaceClosing,
    /// An owner wants it after all.
    #[serde(rename = "workspace.kept")]
    WorkspaceKept,
    /// Its day had come, and everything in it is gone but this log.
    #[serde(rename = "workspace.removed")]
    WorkspaceRemoved,
    /// Nobody owned it any more, and whoever looks after the instance gave it to somebody.
    #[serde(rename = "workspace.owner_given")]
    OwnerGiven {
        /// To whom.
        name: String,
        /// What they were; none for somebody from outside.
        from: Option<Role>,
    },
    /// Somebody was invited.
    #[serde(rename = "member.invited")]
    MemberInvited {
        /// Their address; none for whoever holds the link.
        email: Option<String>,
        /// As what.
        role: Role,
    },
    /// An invitation was withdrawn.
    #[serde(rename = "member.invitation_revoked")]
    InvitationRevoked {
        /// Whose.
        email: Option<String>,
    },
    /// An invitation was mailed once more, with a new link.
    #[serde(rename = "member.invitation_renewed")]
    InvitationRenewed {
        /// To whom.
        email: String,
    },
    /// Somebody accepted an invitation.
    #[serde(rename = "member.joined")]
    MemberJoined {
        /// As what.
        role: Role,
    },
    /// Somebody has another role.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged {
        /// Who.
        name: String,
        /// What they were.
        from: Role,
        /// What they are.
        to: Role,
    },
    /// Somebody was removed.
    #[serde(rename = "member.removed")]
    MemberRemoved {
        /// Who.
        name: String,
        /// What they were.
        role: Role,
    },
    /// All sessions of a member were ended.
    #[serde(rename = "member.signed_out")]
    MemberSignedOut {
        /// Who.
        name: String,
    },
    /// Somebody left.
    #[serde(rename = "member.left")]
    MemberLeft {
        /// What they were.
        role: Role,
    },
    /// What a member may do with a bot was changed.
    #[serde(rename = "member.rights_changed")]
    RightsChanged {
        /// Who.
        name: String,
        /// With which bot.
        bot: Slug,
        /// What they could.
        from: Vec<Right>,
        /// What they can.
        to: Vec<Right>,
    },
    /// Whether members need a second factor was changed.
    #[serde(rename = "workspace.second_factor_rule")]
    SecondFactorRule {
        /// Whether they need one from now on.
        required: bool,
    },
    /// Everything of the workspace was asked for as files.
    #[serde(rename = "workspace.export_asked")]
    ExportAsked,
    /// The files are ready.
    #[serde(rename = "workspace.export_ready")]
    ExportReady {
        /// Rows in them.
        rows: u64,
    },
    /// A file was fetched.
    #[serde(rename = "workspace.export_fetched")]
    ExportFetched {
        /// Which.
        file: String,
    },
    /// Somebody went to Stripe's page to pay for a plan.
    #[serde(rename = "billing.checkout_begun")]
    CheckoutBegun {
        /// What the plan is called.
        plan: String,
    },
    /// Somebody went to Stripe's Customer Portal.
    #[serde(rename = "billing.portal_opened")]
    PortalOpened,
    /// Somebody asked for another plan.
    #[serde(rename = "billing.plan_asked")]
    PlanAsked {
        /// What it is called.
        plan: String,
        /// What the one was called.
        plan_before: String,
    },
    /// How the workspace stands with Stripe is another.
    #[serde(rename = "billing.changed")]
    BillingChanged {
        /// What the plan in force is called.
        plan: String,
        /// What it was called.
        plan_before: String,
        /// The phase, in a word or two.
        phase: String,
        /// What it was.
        phase_before: String,
    },
    /// Stripe's mail goes to another owner.
    #[serde(rename = "billing.contact_changed")]
    BillingContactChanged {
        /// To whom.
        name: String,
    },
    /// The subscription ends with its period, because the workspace does.
    #[serde(rename = "billing.subscription_ended")]
    SubscriptionEnded,
    /// The subscription goes on, because the workspace does.
    #[serde(rename = "billing.subscription_kept")]
    SubscriptionKept,
    /// A bot was connected.
    #[serde(rename = "bot.connected")]
    BotConnected {
        /// Which.
        bot: Slug,
        /// Telegram's number of it.
        telegram_id: TelegramBotId,
        /// Where it lives.
        api: Api,
    },
    /// A new token was put into force.
    #[serde(rename = "bot.token_rotated")]
    BotTokenRotated {
        /// The last four characters of the new one.
        last4: String,
        /// Those of the old one; none in lines of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last4_before: Option<String>,
    },
    /// Webhook or polling was registered anew, with a new secret.
    #[serde(rename = "bot.repaired")]
    BotRepaired,
    /// The answers to `/start` and `/stop` changed.
    #[serde(rename = "bot.texts_changed")]
    BotTextsChanged {
        /// Whether the answer to `/start` is another one.
        welcome: bool,
        /// Whether the answer to `/stop` is another one.
        goodbye: bool,
    },
    /// The bot was made read-only, or is so no longer.
    #[serde(rename = "bot.read_only")]
    BotReadOnly {
        /// Whether it is read-only from now on.
        read_only: bool,
        /// Whether it was.
        read_only_before: bool,
    },
    /// The bot sends at another rate of its own.
    #[serde(rename = "bot.rate_changed")]
    BotRateChanged {
        /// Most messages a second; none for as many as the instance allows.
        rate: Option<u32>,
        /// What it was.
        rate_before: Option<u32>,
    },
    /// Webhook and token were removed.
    #[serde(rename = "bot.disconnected")]
    BotDisconnected {
        /// Which.
        bot: Slug,
    },
    /// A bot went to another workspace of its owner, with all that was its own.
    #[serde(rename = "bot.moved_out")]
    BotMovedOut {
        /// Which.
        bot: Slug,
    },
    /// A bot came from another workspace of its owner.
    #[serde(rename = "bot.moved_in")]
    BotMovedIn {
        /// Which.
        bot: Slug,
    },
    /// A person linked their Telegram to "send to me".
    #[serde(rename = "bot.test_recipient_linked")]
    TestRecipientLinked,
    /// A draft was begun.
    #[serde(rename = "broadcast.drafted")]
    BroadcastDrafted {
        /// Which.
        broadcast: BroadcastId,
    },
    /// A draft was changed.
    #[serde(rename = "broadcast.edited")]
    BroadcastEdited {
        /// Which.
        broadcast: BroadcastId,
    },
    /// A draft goes to others.
    #[serde(rename = "broadcast.addressed")]
    BroadcastAddressed {
        /// Which.
        broadcast: BroadcastId,
        /// To whom.
        audience: Audience,
        /// To whom it went.
        audience_before: Audience,
        /// How many groups and channels were chosen; 0 unless they are.
        chosen: u64,
    },
    /// A draft may go faster for Stars, or may not any more.
    #[serde(rename = "broadcast.paid")]
    BroadcastPaid {
        /// Which.
        broadcast: BroadcastId,
        /// Most Stars; none: it goes at the free rate.
        stars: Option<u32>,
        /// What it was.
        stars_before: Option<u32>,
    },
    /// A broadcast that was paid for goes on at the free rate.
    #[serde(rename = "broadcast.unpaid")]
    BroadcastUnpaid {
        /// Which.
        broadcast: BroadcastId,
        /// Why.
        reason: String,
    },
    /// A draft was thrown away.
    #[serde(rename = "broadcast.discarded")]
    BroadcastDiscarded {
        /// Which.
        broadcast: BroadcastId,
    },
    /// A draft was sent to its writer.
    #[serde(rename = "broadcast.tested")]
    BroadcastTested {
        /// Which.
        broadcast: BroadcastId,
    },
    /// A broadcast was given a time, or another one.
    #[serde(rename = "broadcast.scheduled")]
    BroadcastScheduled {
        /// Which.
        broadcast: BroadcastId,
        /// When, as the clock of its zone shows it.
        at: String,
        /// When it would have been; none for a draft.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_before: Option<String>,
    },
    /// Its time was taken from a broadcast that nobody had got: it is a draft again.
    #[serde(rename = "broadcast.unscheduled")]
    BroadcastUnscheduled {
        /// Which.
        broadcast: BroadcastId,
    },
    /// A broadcast was due while another one of its bot was being sent.
    #[serde(rename = "broadcast.queued")]
    BroadcastQueued {
        /// Which.
        broadcast: BroadcastId,
        /// To how many people it will go.
        audience: u64,
    },
    /// Sending began.
    #[serde(rename = "broadcast.sent")]
    BroadcastSent {
        /// Which.
        broadcast: BroadcastId,
        /// To how many people.
        audience: u64,
    },
    /// Sending was stopped for a while.
    #[serde(rename = "broadcast.paused")]
    BroadcastPaused {
        /// Which.
        broadcast: BroadcastId,
    },
    /// Sending goes on.
    #[serde(rename = "broadcast.resumed")]
    BroadcastResumed {
        /// Which.
        broadcast: BroadcastId,
    },
    /// Stopped for good.
    #[serde(rename = "broadcast.cancelled")]
    BroadcastCancelled {
        /// Which.
        broadcast: BroadcastId,
    },
    /// It could not go on, or not begin at its time, and waits for a person.
    #[serde(rename = "broadcast.released")]
    BroadcastReleased {
        /// Which.
        broadcast: BroadcastId,
        /// Why, in a few words.
        reason: String,
    },
    /// Somebody wants it sent once more to people of whom nobody knows whether they got it.
    #[serde(rename = "broadcast.repeated")]
    BroadcastRepeated {
        /// Which.
        broadcast: BroadcastId,
        /// To how many people.
        audience: u64,
    },
    /// Everybody has an outcome.
    #[serde(rename = "broadcast.finished")]
    BroadcastFinished {
        /// Which.
        broadcast: BroadcastId,
        /// How it went.
        tally: Tally,
        /// What may have been paid for going faster, in thousandths of a Star; none: nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paid: Option<u64>,
    },
    /// Somebody asked for what they may not do.
    #[serde(rename = "access.refused")]
    AccessRefused {
        /// What they would need.
        needed: Needed,
        /// How often within a few seconds.
        times: u64,
    },
    /// A second person was asked to approve a broadcast.
    #[serde(rename = "approval.asked")]
    ApprovalAsked {
        /// Which broadcast.
        broadcast: BroadcastId,
        /// To how many people it would go.
        audience: u64,
    },
    /// A second person approved it.
    #[serde(rename = "approval.approved")]
    ApprovalApproved {
        /// Which broadcast.
        broadcast: BroadcastId,
        /// To how many people it would have gone when it was asked for.
        audience: u64,
        /// Who had asked.
        asked_by: String,
    },
    /// A second person said no.
    #[serde(rename = "approval.refused")]
    ApprovalRefused {
        /// Which broadcast.
        broadcast: BroadcastId,
        /// Who had asked.
        asked_by: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Whoever asked took it back.
    #[serde(rename = "approval.withdrawn")]
    ApprovalWithdrawn {
        /// Which broadcast.
        broadcast: BroadcastId,
    },
    /// The draft became another one, or went: what was asked or approved counts no more.
    #[serde(rename = "approval.voided")]
    ApprovalVoided {
        /// Which broadcast.
        broadcast: BroadcastId,
        /// Where it stood.
        was: approval::State,
    },
    /// The number of recipients above which a second person is asked was changed.
    #[serde(rename = "workspace.approval_rule")]
    ApprovalRule {
        /// What it was; none: nobody was asked.
        from: Option<u32>,
        /// What it is.
        to: Option<u32>,
    },
    /// Lines of this log were dropped, because they had been kept for long enough.
    #[serde(rename = "audit.expired")]
    AuditExpired {
        /// Of which month: `2024-10`.
        month: String,
        /// How many.
        lines: u64,
        /// Place of the last of them in the chain; none when all were older than the chain.
        through: Option<i64>,
        /// That line's mac in hex: the chain goes on from it.
        mac: Option<String>,
        /// Lines that are left from before the chain.
        unchained: i64,
    },
}

impl Event {
    /// The word for it, as the log's filters and exports have it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::WorkspaceCreated { .. } => "workspace.created",
            Self::WorkspaceRenamed { .. } => "workspace.renamed",
            Self::WorkspaceClosing => "workspace.closing",
            Self::WorkspaceKept => "workspace.kept",
            Self::WorkspaceRemoved => "workspace.removed",
            Self::OwnerGiven { .. } => "workspace.owner_given",
            Self::MemberInvited { .. } => "member.invited",
            Self::InvitationRevoked { .. } => "member.invitation_revoked",
            Self::InvitationRenewed { .. } => "member.invitation_renewed",
            Self::MemberJoined { .. } => "member.joined",
            Self::MemberRoleChanged { .. } => "member.role_changed",
            Self::MemberRemoved { .. } => "member.removed",
            Self::MemberSignedOut { .. } => "member.signed_out",
            Self::MemberLeft { .. } => "member.left",
            Self::RightsChanged { .. } => "member.rights_changed",
            Self::SecondFactorRule { .. } => "workspace.second_factor_rule",
            Self::CheckoutBegun { .. } => "billing.checkout_begun",
            Self::PortalOpened => "billing.portal_opened",
            Self::PlanAsked { .. } => "billing.plan_asked",
            Self::BillingChanged { .. } => "billing.changed",
            Self::BillingContactChanged { .. } => "billing.contact_changed",
            Self::SubscriptionEnded => "billing.subscription_ended",
            Self::SubscriptionKept => "billing.subscription_kept",
            Self::ExportAsked => "workspace.export_asked",
            Self::ExportReady { .. } => "workspace.export_ready",
            Self::ExportFetched { .. } => "workspace.export_fetched",
            Self::BotConnected { .. } => "bot.connected",
            Self::BotTokenRotated { .. } => "bot.token_rotated",
            Self::BotRepaired => "bot.repaired",
            Self::BotTextsChanged { .. } => "bot.texts_changed",
            Self::BotReadOnly { .. } => "bot.read_only",
            Self::BotRateChanged { .. } => "bot.rate_changed",
            Self::BotDisconnected { .. } => "bot.disconnected",
            Self::BotMovedOut { .. } => "bot.moved_out",
            Self::BotMovedIn { .. } => "bot.moved_in",
            Self::TestRecipientLinked => "bot.test_recipient_linked",
            Self::BroadcastDrafted { .. } => "broadcast.drafted",
            Self::BroadcastEdited { .. } => "broadcast.edited",
            Self::BroadcastAddressed { .. } => "broadcast.addressed",
            Self::BroadcastPaid { .. } => "broadcast.paid",
            Self::BroadcastUnpaid { .. } => "broadcast.unpaid",
            Self::BroadcastDiscarded { .. } => "broadcast.discarded",
            Self::BroadcastTested { .. } => "broadcast.tested",
            Self::BroadcastScheduled { .. } => "broadcast.scheduled",
            Self::BroadcastUnscheduled { .. } => "broadcast.unscheduled",
            Self::BroadcastQueued { .. } => "broadcast.queued",
            Self::BroadcastSent { .. } => "broadcast.sent",
            Self::BroadcastPaused { .. } => "broadcast.paused",
            Self::BroadcastResumed { .. } => "broadcast.resumed",
            Self::BroadcastCancelled { .. } => "broadcast.cancelled",
            Self::BroadcastReleased { .. } => "broadcast.released",
            Self::BroadcastRepeated { .. } => "broadcast.repeated",
            Self::BroadcastFinished { .. } => "broadcast.finished",
            Self::AccessRefused { .. } => "access.refused",
            Self::ApprovalAsked { .. } => "approval.asked",
            Self::ApprovalApproved { .. } => "approval.approved",
            Self::ApprovalRefused { .. } => "approval.refused",
            Self::ApprovalWithdrawn { .. } => "approval.withdrawn",
            Self::ApprovalVoided { .. } => "approval.voided",
            Self::ApprovalRule { .. } => "workspace.approval_rule",
            Self::AuditExpired { .. } => "audit.expired",
        }
    }

    /// What it is about, where that is neither the workspace nor the bot: an id to filter by.
    pub fn resource(&self) -> Option<String> {
        match self {
            Self::BroadcastDrafted { broadcast }
            | Self::BroadcastEdited { broadcast }
            | Self::BroadcastAddressed { broadcast, .. }
            | Self::BroadcastPaid { broadcast, .. }
            | Self::BroadcastUnpaid { broadcast, .. }
            | Self::BroadcastDiscarded { broadcast }
            | Self::BroadcastTested { broadcast }
            | Self::BroadcastScheduled { broadcast, .. }
            | Self::BroadcastUnscheduled { broadcast }
            | Self::BroadcastQueued { broadcast, .. }
            | Self::BroadcastSent { broadcast, .. }
            | Self::BroadcastPaused { broadcast }
            | Self::BroadcastResumed { broadcast }
            | Self::BroadcastCancelled { broadcast }
            | Self::BroadcastReleased { broadcast, .. }
            | Self::BroadcastRepeated { broadcast, .. }
            | Self::BroadcastFinished { broadcast, .. }
            | Self::ApprovalAsked { broadcast, .. }
            | Self::ApprovalApproved { broadcast, .. }
            | Self::ApprovalRefused { broadcast, .. }
            | Self::ApprovalWithdrawn { broadcast }
            | Self::ApprovalVoided { broadcast, .. } => Some(broadcast.to_string()),
            _ => None,
        }
    }

    /// The words of all events, as filters offer them.
    pub fn kinds() -> &'static [&'static str] {
        // Serde knows the names of the variants, and says them when it meets another.
        let unknown = [("kind", "")].into_iter();
        match Self::deserialize(value::MapDeserializer::<_, Expected>::new(unknown)) {
            Err(Expected(kinds)) => kinds,
            Ok(_) => &[],
        }
    }

    /// What happened, to be read after the name of who did it.
    pub fn sentence(&self) -> String {
        match self {
            Self::WorkspaceCreated { name } => format!("created the workspace “{name}”"),
            Self::WorkspaceRenamed { from, to } => {
                format!("renamed the workspace from “{from}” to “{to}”")
            }
            Self::WorkspaceClosing => {
                format!("marked the workspace for deletion, {GRACE_DAYS} days from then")
            }
            Self::WorkspaceKept => "kept the workspace, which was to be deleted".into(),
            Self::WorkspaceRemoved => {
                "deleted the workspace for good, with everything in it".into()
            }
            Self::OwnerGiven { name, from: Some(from) } => {
                format!(
                    "made {name} the owner, who was {}: nobody owned the workspace",
                    from.with_article()
                )
            }
            Self::OwnerGiven { name, from: None } => {
                format!("made {name} the owner, who is new here: nobody owned the workspace")
            }
            Self::MemberInvited { email: Some(email), role } => {
                format!("invited {email} as {}", role.with_article())
            }
            Self::MemberInvited { email: None, role } => {
                format!("made a link that invites {}", role.with_article())
            }
            Self::InvitationRevoked { email: Some(email) } => {
                format!("withdrew the invitation of {email}")
            }
            Self::InvitationRevoked { email: None } => "withdrew a link that invites".into(),
            Self::InvitationRenewed { email } => format!("invited {email} once more"),
            Self::MemberJoined { role } => format!("joined as {}", role.with_article()),
            Self::MemberRoleChanged { name, from, to } => {
                format!("made {name} {}, who was {}", to.with_article(), from.with_article())
            }
            Self::MemberRemoved { name, role } => {
                format!("removed {name}, who was {}", role.with_article())
            }
            Self::MemberSignedOut { name } => format!("signed {name} out everywhere"),
            Self::MemberLeft { role } => format!("left, who was {}", role.with_article()),
            Self::RightsChanged { name, bot, from, to } => {
                let set = |rights: &[Right]| Rights::of(Role::Member, rights.iter().copied());
                let (from, to) = (set(from), set(to));
                format!("changed what {name} may do with @{bot} from {from} to {to}")
            }
            Self::SecondFactorRule { required: true } => {
                "made two-step sign-in a condition for all members".into()
            }
            Self::SecondFactorRule { required: false } => {
                "left two-step sign-in to each member".into()
            }
            Self::CheckoutBegun { plan } => format!("went to Stripe to pay for the plan {plan}"),
            Self::PortalOpened => "went to Stripe’s Customer Portal".into(),
            Self::PlanAsked { plan, plan_before } => {
                format!("asked for the plan {plan} in the place of {plan_before}")
            }
            Self::BillingChanged { plan, plan_before, phase, phase_before } => {
                format!(
                    "reported the plan {plan}, {phase}; before that {plan_before}, {phase_before}"
                )
            }
            Self::BillingContactChanged { name } => {
                format!("let Stripe’s mail go to {name} from now on")
            }
            Self::SubscriptionEnded => {
                "let the subscription end with its period, as the workspace is to be deleted".into()
            }
            Self::SubscriptionKept => "let the subscription go on, as the workspace is kept".into(),
            Self::ExportAsked => "asked for everything of the workspace as files".into(),
            Self::ExportReady { rows } => format!("wrote an export of {rows} rows"),
            Self::ExportFetched { file } => format!("fetched {file} of the export"),
            Self::BotConnected { bot, api: Api::Telegram, .. } => {
                format!("connected the bot @{bot}")
            }
            Self::BotConnected { bot, api: Api::Sandbox, .. } => {
                format!("connected the sandbox bot @{bot}")
            }
            Self::BotTokenRotated { last4, .. } => {
                format!("put a new token into force (ends in {last4})")
            }
            Self::BotRepaired => "repaired the connection to Telegram".into(),
            Self::BotTextsChanged { welcome: true, goodbye: true } => {
                "changed the answers to /start and /stop".into()
            }
            Self::BotTextsChanged { welcome: true, goodbye: false } => {
                "changed the answer to /start".into()
            }
            Self::BotTextsChanged { .. } => "changed the answer to /stop".into(),
            Self::BotReadOnly { read_only: true, .. } => {
                "made the bot read-only: nothing is edited or sent".into()
            }
            Self::BotReadOnly { read_only: false, .. } => {
                "let the bot be edited and sent from again".into()
            }
            Self::BotRateChanged { rate: Some(1), .. } => {
                "had the bot send at most 1 message a second".into()
            }
            Self::BotRateChanged { rate: Some(rate), .. } => {
                format!("had the bot send at most {rate} messages a second")
            }
            Self::BotRateChanged { rate: None, .. } => "had the bot send as fast as it may".into(),
            Self::BotDisconnected { bot } => format!("disconnected the bot @{bot}"),
            Self::BotMovedOut { bot } => {
                format!("moved the bot @{bot} to another workspace of theirs")
            }
            Self::BotMovedIn { bot } => {
                format!("brought the bot @{bot} here from another workspace of theirs")
            }
            Self::TestRecipientLinked => "linked their Telegram for test messages".into(),
            Self::BroadcastDrafted { .. } => "began a broadcast".into(),
            Self::BroadcastEdited { .. } => "changed a broadcast".into(),
            Self::BroadcastAddressed { audience, chosen, .. } => {
                format!("addressed a broadcast to {}", whom(*audience, *chosen))
            }
            Self::BroadcastPaid { stars: Some(stars), .. } => {
                format!("let a broadcast cost up to {stars} Stars to go faster")
            }
            Self::BroadcastPaid { stars: None, .. } => "had a broadcast go at the free rate".into(),
            Self::BroadcastUnpaid { reason, .. } => {
                format!("went on with a broadcast at the free rate: {reason}")
            }
            Self::BroadcastDiscarded { .. } => "discarded a broadcast".into(),
            Self::BroadcastTested { .. } => "sent a broadcast to themselves".into(),
            Self::BroadcastScheduled { at, at_before: None, .. } => {
                format!("scheduled a broadcast for {at}")
            }
            Self::BroadcastScheduled { at, at_before: Some(before), .. } => {
                format!("moved a broadcast from {before} to {at}")
            }
            Self::BroadcastUnscheduled { .. } => "took a broadcast back to a draft".into(),
            Self::BroadcastQueued { audience, .. } => {
                format!("put a broadcast to {} in line behind another one", people(*audience))
            }
            Self::BroadcastSent { audience, .. } => {
                format!("sent a broadcast to {}", people(*audience))
            }
            Self::BroadcastPaused { .. } => "paused a broadcast".into(),
            Self::BroadcastResumed { .. } => "resumed a broadcast".into(),
            Self::BroadcastCancelled { .. } => "cancelled a broadcast".into(),
            Self::BroadcastReleased { reason, .. } => format!("paused a broadcast: {reason}"),
            Self::BroadcastRepeated { audience, .. } => {
                format!("sent a broadcast once more to {} of unknown outcome", people(*audience))
            }
            Self::BroadcastFinished { tally, paid: Some(paid), .. } => format!(
                "finished a broadcast: {} of {} sent, for {} Stars at the most",
                tally.sent,
                tally.total(),
                stars(*paid)
            ),
            Self::BroadcastFinished { tally, .. } => {
                format!("finished a broadcast: {} of {} sent", tally.sent, tally.total())
            }
            Self::AccessRefused { needed, times } => {
                let often = if *times > 1 { format!(", {times} times") } else { String::new() };
                format!("asked for what needs {} and was refused{often}", needed.phrase())
            }
            Self::ApprovalAsked { audience, .. } => {
                format!("asked for approval of a broadcast to {}", people(*audience))
            }
            Self::ApprovalApproved { audience, asked_by, .. } => {
                format!("approved a broadcast to {} that {asked_by} asked for", people(*audience))
            }
            Self::ApprovalRefused { asked_by, reason: None, .. } => {
                format!("refused the broadcast that {asked_by} asked for")
            }
            Self::ApprovalRefused { asked_by, reason: Some(reason), .. } => {
                format!("refused the broadcast that {asked_by} asked for: “{reason}”")
            }
            Self::ApprovalWithdrawn { .. } => "took back the request for approval".into(),
            Self::ApprovalVoided { was: approval::State::Approved, .. } => {
                "made the approval of a broadcast void".into()
            }
            Self::ApprovalVoided { .. } => {
                "made the request for approval of a broadcast void".into()
            }
            Self::ApprovalRule { from: None, to: Some(to) } => {
                format!("asked for a second person above {to} recipients")
            }
            Self::ApprovalRule { from: Some(from), to: Some(to) } => {
                format!("asked for a second person above {to} recipients, no longer above {from}")
            }
            Self::ApprovalRule { from: Some(from), to: None } => {
                format!("asked for no second person any more, as was above {from} recipients")
            }
            Self::ApprovalRule { from: None, to: None } => {
                "asked for no second person before sending".into()
            }
            Self::AuditExpired { month, lines, .. } => {
                format!(
                    "dropped {lines} lines of {month} from this log, older than {KEPT_DAYS} days"
                )
            }
        }
    }
}

words! {
    /// What somebody who was refused would have needed.
    pub enum Needed {
        /// [`Right::View`], or to belong to the workspace at all.
        View = "view",
        /// [`Right::Edit`].
        Edit = "edit",
        /// [`Right::Send`].
        Send = "send",
        /// [`Right::Manage`].
        Manage = "manage",
        /// [`Right::Audit`].
        Audit = "audit",
        /// To be an owner or admin of the workspace.
        Admin = "admin",
        /// To be an owner of the workspace.
        Owner = "owner",
        /// To look after the instance.
        Instance = "instance",
    }
}

impl Needed {
    /// As it stands in a sentence.
    const fn phrase(self) -> &'static str {
        match self {
            Self::View => "the right to look",
            Self::Edit => "the right to edit",
            Self::Send => "the right to send",
            Self::Manage => "the right to manage",
            Self::Audit => "the right to read this log",
            Self::Admin => "an admin",
            Self::Owner => "an owner",
            Self::Instance => "an admin of this Gannet",
        }
    }
}

impl From<Right> for Needed {
    fn from(right: Right) -> Self {
        match right {
            Right::View => Self::View,
            Right::Edit => Self::Edit,
            Right::Send => Self::Send,
            Right::Manage => Self::Manage,
            Right::Audit => Self::Audit,
        }
    }
}

fn people(count: u64) -> String {
    match count {
        1 => "1 recipient".into(),
        many => format!("{many} recipients"),
    }
}

fn whom(audience: Audience, chosen: u64) -> String {
    match audience {
        Audience::Subscribers => "everybody who is subscribed".into(),
        Audience::Chats => "every group and channel".into(),
        Audience::Both => "everybody who is subscribed, and every group and channel".into(),
        Audience::Chosen if chosen == 1 => "1 group or channel".into(),
        Audience::Chosen => format!("{chosen} groups and channels"),
    }
}

/// How long a workspace that is to go can be kept, in days.
pub const GRACE_DAYS: u16 = 30;

/// How long the audit log is kept, in days.
pub const KEPT_DAYS: u16 = 730;

/// The variants that were expected where none was found.
#[derive(Debug, Default)]
struct Expected(&'static [&'static str]);

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such event")
    }
}

impl std::error::Error for Expected {}

impl de::Error for Expected {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self::default()
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}

/// What happened to an account, outside any workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountEvent {
    /// Signed up.
    #[serde(rename = "account.registered")]
    Registered,
    /// Verified the address.
    #[serde(rename = "account.verified")]
    Verified,
    /// The person who runs the server called the address verified, on its command line.
    #[serde(rename = "account.verified_by_operator")]
    VerifiedByOperator,
    /// A wrong or used code was tried.
    #[serde(rename = "account.verification_refused")]
    VerificationRefused,
    /// Signed in.
    #[serde(rename = "account.signed_in")]
    SignedIn,
    /// A wrong password was tried.
    #[serde(rename = "account.sign_in_refused")]
    SignInRefused,
    /// A wrong password was tried where it is asked for once more.
    #[serde(rename = "account.proof_refused")]
    ProofRefused,
    /// Something was tried too often and is refused for a while.
    #[serde(rename = "account.limit_exceeded")]
    LimitExceeded,
    /// That happened so often that the client is shut out for an hour.
    #[serde(rename = "account.client_blocked")]
    ClientBlocked,
    /// A client that was shut out was let in again, by an admin or on the command line.
    #[serde(rename = "account.block_lifted")]
    BlockLifted,
    /// Became the first admin of the instance, with the token from the log.
    #[serde(rename = "account.instance_admin")]
    BecameInstanceAdmin,
    /// Invited somebody to sign up.
    #[serde(rename = "account.invited")]
    Invited,
    /// The right password was given, and the second factor is owed.
    #[serde(rename = "account.second_factor_asked")]
    SecondFactorAsked,
    /// A wrong or used code of the second factor was tried.
    #[serde(rename = "account.second_factor_refused")]
    SecondFactorRefused,
    /// Setting up a second factor began.
    #[serde(rename = "account.second_factor_begun")]
    SecondFactorBegun,
    /// The second factor was proved by a code, and is asked for from then on.
    #[serde(rename = "account.second_factor_on")]
    SecondFactorOn,
    /// The second factor and the backup codes were removed.
    #[serde(rename = "account.second_factor_off")]
    SecondFactorOff,
    /// The person who runs the server removed the second factor, on its command line.
    #[serde(rename = "account.second_factor_reset_by_operator")]
    SecondFactorResetByOperator,
    /// New backup codes took the place of the old.
    #[serde(rename = "account.backup_codes_renewed")]
    BackupCodesRenewed,
    /// A backup code was used up.
    #[serde(rename = "account.backup_code_used")]
    BackupCodeUsed,
    /// Signed out.
    #[serde(rename = "account.signed_out")]
    SignedOut,
    /// Somebody signed up again with an address that has an account.
    #[serde(rename = "account.registered_again")]
    RegisteredAgain,
    /// A link that sets a new password was asked for.
    #[serde(rename = "account.reset_asked")]
    ResetAsked,
    /// A new password was set with a link.
    #[serde(rename = "account.password_reset")]
    PasswordReset,
    /// A void link was tried.
    #[serde(rename = "account.reset_refused")]
    ResetRefused,
    /// The person who runs the server made a link that sets a new password.
    #[serde(rename = "account.reset_by_operator")]
    ResetByOperator,
    /// Changed name or time zone.
    #[serde(rename = "account.profile_changed")]
    ProfileChanged,
    /// Changed the password.
    #[serde(rename = "account.password_changed")]
    PasswordChanged,
    /// Asked for another address.
    #[serde(rename = "account.address_asked")]
    AddressAsked,
    /// Proved another address, which is in force.
    #[serde(rename = "account.address_changed")]
    AddressChanged,
    /// A wrong or used code was tried for another address.
    #[serde(rename = "account.address_refused")]
    AddressRefused,
    /// Signed out one of the own browsers.
    #[serde(rename = "account.session_revoked")]
    SessionRevoked,
    /// Signed out all browsers but one.
    #[serde(rename = "account.sessions_revoked")]
    SessionsRevoked,
    /// Closed the account.
    #[serde(rename = "account.closed")]
    Closed,
    /// Signed out everywhere by an admin of a workspace.
    #[serde(rename = "account.sessions_ended_by_admin")]
    SessionsEndedByAdmin,
    /// Asked for what belongs to others.
    #[serde(rename = "account.access_refused")]
    AccessRefused,
    /// Kept the closed account by signing in.
    #[serde(rename = "account.kept")]
    Kept,
    /// The 30 days were over, and the account is gone.
    #[serde(rename = "account.removed")]
    Removed,
}

impl AccountEvent {
    /// The word for it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Registered => "account.registered",
            Self::Verified => "account.verified",
            Self::VerifiedByOperator => "account.verified_by_operator",
            Self::VerificationRefused => "account.verification_refused",
            Self::SignedIn => "account.signed_in",
            Self::SignInRefused => "account.sign_in_refused",
            Self::ProofRefused => "account.proof_refused",
            Self::LimitExceeded => "account.limit_exceeded",
            Self::ClientBlocked => "account.client_blocked",
            Self::BlockLifted => "account.block_lifted",
            Self::BecameInstanceAdmin => "account.instance_admin",
            Self::Invited => "account.invited",
            Self::SecondFactorAsked => "account.second_factor_asked",
            Self::SecondFactorRefused => "account.second_factor_refused",
            Self::SecondFactorBegun => "account.second_factor_begun",
            Self::SecondFactorOn => "account.second_factor_on",
            Self::SecondFactorOff => "account.second_factor_off",
            Self::SecondFactorResetByOperator => "account.second_factor_reset_by_operator",
            Self::BackupCodesRenewed => "account.backup_codes_renewed",
            Self::BackupCodeUsed => "account.backup_code_used",
            Self::SignedOut => "account.signed_out",
            Self::RegisteredAgain => "account.registered_again",
            Self::ResetAsked => "account.reset_asked",
            Self::PasswordReset => "account.password_reset",
            Self::ResetRefused => "account.reset_refused",
            Self::ResetByOperator => "account.reset_by_operator",
            Self::ProfileChanged => "account.profile_changed",
            Self::PasswordChanged => "account.password_changed",
            Self::AddressAsked => "account.address_asked",
            Self::AddressChanged => "account.address_changed",
            Self::AddressRefused => "account.address_refused",
            Self::SessionRevoked => "account.session_revoked",
            Self::SessionsRevoked => "account.sessions_revoked",
            Self::Closed => "account.closed",
            Self::SessionsEndedByAdmin => "account.sessions_ended_by_admin",
            Self::AccessRefused => "account.access_refused",
            Self::Kept => "account.kept",
            Self::Removed => "account.removed",
        }
    }
}

impl AccountEvent {
    /// The event that is called `kind`; none for a word of a version yet to come.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Self::deserialize(kind.into_deserializer()).map_err(|_: value::Error| ()).ok()
    }

    /// The words of all of them, as filters offer them.
    pub fn kinds() -> &'static [&'static str] {
        match Self::deserialize("".into_deserializer()) {
            Err(Expected(kinds)) => kinds,
            Ok(_) => &[],
        }
    }

    /// What happened, for the person whose account it is.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Registered => "Signed up",
            Self::Verified => "Address confirmed and signed in",
            Self::VerifiedByOperator => "Address confirmed by whoever runs the server",
            Self::VerificationRefused => "Wrong code refused",
            Self::SignedIn => "Signed in",
            Self::SignInRefused => "Sign-in refused",
            Self::ProofRefused => "Wrong password refused while signed in",
            Self::LimitExceeded => "Tried too often and refused for a while",
            Self::ClientBlocked => "Tried too often and shut out for an hour",
            Self::BlockLifted => "Let a client that was shut out in again",
            Self::BecameInstanceAdmin => "Became an admin of this Gannet",
            Self::Invited => "Invited somebody to sign up",
            Self::SecondFactorAsked => "Right password given, second step asked for",
            Self::SecondFactorRefused => "Wrong code of the second step refused",
            Self::SecondFactorBegun => "Setting up two-step sign-in begun",
            Self::SecondFactorOn => "Two-step sign-in turned on",
            Self::SecondFactorOff => "Two-step sign-in turned off",
            Self::SecondFactorResetByOperator => {
                "Two-step sign-in removed by whoever runs the server"
            }
            Self::BackupCodesRenewed => "New backup codes made",
            Self::BackupCodeUsed => "Backup code used",
            Self::SignedOut => "Signed out",
            Self::RegisteredAgain => "Somebody signed up with this address",
            Self::ResetAsked => "Link for a new password asked for",
            Self::PasswordReset => "New password set with a link",
            Self::ResetRefused => "Void link for a new password refused",
            Self::ResetByOperator => "Link for a new password made by whoever runs the server",
            Self::ProfileChanged => "Name or time zone changed",
            Self::PasswordChanged => "Password changed",
            Self::AddressAsked => "Another address asked for",
            Self::AddressChanged => "Address changed",
            Self::AddressRefused => "Wrong code for another address refused",
            Self::SessionRevoked => "Another browser signed out",
            Self::SessionsRevoked => "All other browsers signed out",
            Self::Closed => "Account closed",
            Self::SessionsEndedByAdmin => "Signed out everywhere by an admin of a workspace",
            Self::AccessRefused => "Refused what belongs to others",
            Self::Kept => "Account kept by signing in",
            Self::Removed => "Account removed",
        }
    }

    /// What strangers can put on record as often as they like: somebody was turned away, or asked for
    /// something that goes to the owner.
    pub const BY_ANYBODY: [Self; 11] = [
        Self::VerificationRefused,
        Self::SignInRefused,
        Self::ProofRefused,
        Self::SecondFactorRefused,
        Self::LimitExceeded,
        Self::ClientBlocked,
        Self::ResetRefused,
        Self::AddressRefused,
        Self::AccessRefused,
        Self::ResetAsked,
        Self::RegisteredAgain,
    ];

    /// Whether somebody was turned away.
    pub fn is_refusal(self) -> bool {
        Self::BY_ANYBODY.contains(&self)
            && !matches!(self, Self::ResetAsked | Self::RegisteredAgain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_an_account_s_line_leads_back_to_it() {
        for event in [AccountEvent::SignedIn, AccountEvent::Kept, AccountEvent::AddressRefused] {
            assert_eq!(AccountEvent::of_kind(event.kind()), Some(event));
        }
        assert_eq!(AccountEvent::of_kind("account.nonsense"), None);
        let kinds = AccountEvent::kinds();
        assert!(kinds.len() > 30 && kinds.contains(&"account.signed_in"), "{kinds:?}");
    }

    #[test]
    fn a_request_for_approval_reads_as_a_sentence_and_leads_to_its_broadcast() {
        let broadcast = BroadcastId::from(uuid::Uuid::from_u128(7));
        let refused = |reason: Option<&str>| Event::ApprovalRefused {
            broadcast,
            asked_by: "Ann".into(),
            reason: reason.map(str::to_owned),
        };
        let cases = [
            (
                Event::ApprovalAsked { broadcast, audience: 1 },
                "asked for approval of a broadcast to 1 recipient",
            ),
            (
                Event::ApprovalApproved { broadcast, audience: 20, asked_by: "Ann".into() },
                "approved a broadcast to 20 recipients that Ann asked for",
            ),
            (refused(None), "refused the broadcast that Ann asked for"),
            (refused(Some("Not today")), "refused the broadcast that Ann asked for: “Not today”"),
        ];
        for (event, want) in cases {
            assert_eq!(event.sentence(), want);
            assert_eq!(event.resource(), Some(broadcast.to_string()), "{want}");
        }
        let rule = Event::ApprovalRule { from: Some(10), to: Some(20) };
        assert_eq!(
            rule.sentence(),
            "asked for a second person above 20 recipients, no longer above 10"
        );
        assert_eq!(rule.resource(), None);
    }

    #[test]
    fn a_time_reads_as_what_it_is_and_what_it_was() {
        let broadcast = BroadcastId::from(uuid::Uuid::from_u128(7));
        let at = |at_before: Option<&str>| Event::BroadcastScheduled {
            broadcast,
            at: "2026-11-27 09:00 UTC (UTC+00:00)".into(),
            at_before: at_before.map(str::to_owned),
        };
        let cases = [
            (at(None), "scheduled a broadcast for 2026-11-27 09:00 UTC (UTC+00:00)"),
            (at(Some("noon")), "moved a broadcast from noon to 2026-11-27 09:00 UTC (UTC+00:00)"),
            (Event::BroadcastUnscheduled { broadcast }, "took a broadcast back to a draft"),
            (
                Event::BroadcastQueued { broadcast, audience: 2 },
                "put a broadcast to 2 recipients in line behind another one",
            ),
        ];
        for (event, want) in cases {
            assert_eq!(event.sentence(), want);
            assert_eq!(event.resource(), Some(broadcast.to_string()), "{want}");
        }
    }

    #[test]
    fn filters_know_every_event() {
        let kinds = Event::kinds();
        assert!(kinds.len() > 15, "{kinds:?}");
        for event in [Event::BotRepaired, Event::TestRecipientLinked] {
            assert!(kinds.contains(&event.kind()), "{kinds:?}");
        }
    }

    #[test]
    fn the_word_in_the_log_is_the_word_in_the_details() {
        let event = Event::BotTokenRotated { last4: "TEST".into(), last4_before: None };
        let json = serde_json::to_value(&event).expect("plain data");
        assert_eq!(json["kind"], event.kind());
        assert_eq!(serde_json::from_value::<Event>(json).expect("reads back"), event);
    }
}
