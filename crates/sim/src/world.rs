//! The simulated Telegram: all that the parts of the simulator share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::RwLock;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    agenda::Agenda,
    bots::{Bot, Bots},
    clock::Clock,
    faults::Faults,
    limits::Limits,
    methods::Method,
    params::{Given, Params},
    people::People,
    reply::Refusal,
    scripts::Scripts,
};

/// What is decided at the start and stays.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub strict: bool,
    pub allow_http_webhooks: bool,
    pub kept_messages: usize,
    pub webhook_timeout: Duration,
    pub control: bool,
}

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub rules: Rules,
    pub clock: Clock,
    pub limits: RwLock<Limits>,
    pub bots: Bots,
    pub people: People,
    pub faults: Faults,
    pub agenda: Agenda,
    pub scripts: Scripts,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    changed: AtomicBool,
}

impl World {
    pub fn new(rules: Rules, clock: Clock, limits: Limits) -> Self {
        Self {
            rules,
            clock,
            limits: RwLock::new(limits),
            bots: Bots::default(),
            people: People::default(),
            faults: Faults::default(),
            agenda: Agenda::default(),
            scripts: Scripts::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            changed: AtomicBool::new(false),
        }
    }

    /// Something is different now that a restart should not forget.
    pub fn touch(&self) {
        self.changed.store(true, Ordering::Release);
    }

    /// Whether there was a [`World::touch`] since the last time this was asked.
    pub fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::AcqRel)
    }

    /// Runs the request that a webhook put into its answer, if there is one. Telegram takes
    /// everything but questions and changes of the webhook itself.
    pub async fn run_webhook_answer(self: &Arc<Self>, bot: &Arc<Bot>, answer: Bytes) {
        let given = Given::from_json(answer);
        let Ok(members) = given.json() else { return };
        let named = members.iter().find(|(name, _)| name == "method");
        let method = named.and_then(|(_, raw)| serde_json::from_str::<Method>(raw.get()).ok());
        let allowed = |method: &Method| {
            !method.name().starts_with("get")
                && !matches!(method, Method::SetWebhook | Method::DeleteWebhook)
        };
        let Some(method) = method.filter(allowed) else { return };
        let outcome =
            match Params::check_without(&given, method.spec(), self.rules.strict, "method") {
                Ok(params) => method.run(self, bot, &params).await,
                Err(refusal) => Err(refusal),
            };
        if let Err(Refusal { code, description, .. }) = outcome {
            tracing::debug!(bot.id, code, %description, "refused what a webhook answered with");
        }
    }

    /// Forgets everything; `keep_bots` spares the bots with their tokens, webhooks and texts, not
    /// their chats.
    pub fn reset(&self, keep_bots: bool) {
        self.faults.clear();
        self.agenda.clear();
        self.scripts.clear();
        self.people.clear();
        for bot in self.bots.all() {
            if keep_bots {
                *bot.room.lock() = crate::chats::Room::default();
                *bot.files.lock() = crate::files::Files::default();
                *bot.reactions.write() = None;
                bot.updates.drop_pending();
            } else if self.bots.remove(bot.id).is_ok() {
                retire(&bot);
            }
        }
        self.touch();
    }
}

/// Stops what a bot that is no more has going on.
pub(crate) fn retire(bot: &Bot) {
    bot.hook.remove();
    bot.updates.end_poll("terminated by setWebhook request");
}
