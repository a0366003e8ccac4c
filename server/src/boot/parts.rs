//! The use cases with everything they work with.

use std::sync::Arc;

use adapters::{
    anchors::Anchors,
    mail::{self, Mailer, SmtpMailer},
    places::Places,
    stripe::{self, BadSignature, Secrets, Stripe},
    telegram::{ApiBase, BotApi},
};
use async_trait::async_trait;
use contract::Backend;
use domain::{Timestamp, ids::InstanceId};
use services::{
    Nudges, Services, Settings,
    auth::Auth,
    billing::Billing,
    broadcasts::Meters,
    engine::Governors,
    passwords::{Lanes, Passwords},
    refusals::Refusals,
    sandbox::Sandbox,
};
use store::Store;
use tracing::warn;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Keys;
use crate::{
    config::{BillingConfig, Config, PlansToml},
    http::ports::{Away, Cashier, KeptMail, Mailbox, Taken},
    refusal::Refusal,
};

/// The use cases over `store` and `keys`, as `config` wants them.
///
/// # Errors
/// A setting that an adapter does not take.
pub fn services(
    config: &Config,
    store: Store,
    keys: &Keys,
    sandbox: Option<Arc<dyn Sandbox>>,
) -> Result<Services, Refusal> {
    let telegram = ApiBase::parse(&config.telegram.api_url)
        .map_err(|err| Refusal::new(format!("TELEGRAM_API_URL: {err}")))?;
    let settings = Settings {
        base_url: config.web.base_url.origin(),
        is_public: config.web.base_url.is_public_https(),
        telegram,
        rate_per_bot: config.telegram.rate_per_bot,
        paid: config.telegram.paid,
        signups: config.web.signups,
    };
    Ok(Services {
        store: keys.chain(store),
        vault: Arc::clone(&keys.vault),
        telegram: Arc::new(BotApi::new()),
        sandbox,
        settings: Arc::new(settings),
        instance: InstanceId::from(Uuid::now_v7()),
        governors: Governors::new(config.telegram.rate_per_bot),
        meters: Arc::new(Meters::default()),
        nudges: Nudges::default(),
        places: places(config)?,
        code_key: Arc::new(Zeroizing::new(keys.codes)),
        billing: Arc::new(billing(config)),
        refusals: Refusals::default(),
        anchors: Some(Arc::new(Anchors::at(config.data.anchors_dir()))),
    })
}

/// What is sold, and through whom.
fn billing(config: &Config) -> Billing {
    let BillingConfig { key, api_url, plans, .. } = &config.billing;
    let stripe = key.as_ref().map(|key| Stripe::new(api_url, key));
    match plans.clone() {
        Some(PlansToml { plans, options }) => Billing::new(stripe, plans, options),
        None => Billing::free(),
    }
}

/// Takes in what Stripe tells.
pub struct Till {
    secrets: Option<Secrets>,
    services: Services,
}

impl Till {
    /// Knows Stripe as `config` says.
    pub fn new(config: &Config, services: Services) -> Self {
        Self { secrets: config.billing.webhook.clone(), services }
    }
}

#[async_trait]
impl Cashier for Till {
    fn takes_events(&self) -> bool {
        self.secrets.is_some() && self.services.billing.stripe.is_some()
    }

    async fn take(&self, signature: &str, body: &[u8], now: Timestamp) -> Taken {
        let Some(secrets) = &self.secrets else { return Taken::Refused("there is no secret") };
        if let Err(why) = secrets.verify(signature, body, now) {
            return Taken::Refused(match why {
                BadSignature::Malformed => "its signature has no time or no v1",
                BadSignature::OutOfTime => "it was signed at another time",
                BadSignature::Wrong => "no signature fits",
            });
        }
        let Ok(event) = stripe::Event::read(body) else {
            return Taken::Refused("it is no event");
        };
        match services::billing::events::take(&self.services, &event).await {
            Ok(_) => Taken::Kept,
            Err(err) => {
                warn!(error = ?err, "an event of Stripe's cannot be stored");
                Taken::Away
            }
        }
    }
}

/// What knows the country of an address, if there is a file for that.
fn places(config: &Config) -> Result<Option<Arc<Places>>, Refusal> {
    let Some(path) = &config.geoip else { return Ok(None) };
    let places =
        Places::open(path).map_err(|err| Refusal::new(format!("GEOIP_DATABASE: {err}")))?;
    Ok(Some(Arc::new(places)))
}

/// The use cases as pages and handlers see them. Takes a quarter of a second of a core.
///
/// # Errors
/// The system gives no random numbers.
pub async fn backend(services: &Services) -> Result<Backend, Refusal> {
    let made = tokio::task::spawn_blocking(|| Passwords::new(Lanes::default())).await;
    let no_random = |err: &dyn std::fmt::Display| Refusal::new(format!("no passwords: {err}"));
    let passwords = made.map_err(|err| no_random(&err))?.map_err(|err| no_random(&err))?;
    let all = Arc::new(services.clone());
    let auth = Arc::new(Auth::new(services.clone(), passwords));
    Ok(Backend {
        account: all.clone(),
        approvals: all.clone(),
        audit: all.clone(),
        billing: all.clone(),
        auth: auth.clone(),
        bots: all.clone(),
        chats: all.clone(),
        exports: all.clone(),
        instance: all.clone(),
        team: all.clone(),
        broadcasts: all.clone(),
        second_factor: auth,
        subscribers: all,
    })
}

/// What hands mail over; none where it is kept.
///
/// # Errors
/// `SMTP_URL` or `MAIL_FROM` in a form that no mail can be sent with.
pub fn mailer(config: &Config) -> Result<Option<Arc<dyn Mailer>>, Refusal> {
    let Some(smtp) = &config.mail.smtp else { return Ok(None) };
    let refuse = |name: &str, err: &dyn std::fmt::Display| Refusal::new(format!("{name}: {err}"));
    let server = mail::SmtpUrl::parse(smtp.reveal()).map_err(|err| refuse("SMTP_URL", &err))?;
    let from = mail::From::parse(&config.mail.from).map_err(|err| refuse("MAIL_FROM", &err))?;
    let mailer = SmtpMailer::new(&server, from).map_err(|err| refuse("SMTP_URL", &err))?;
    Ok(Some(Arc::new(mailer)))
}

/// Mail that waits in the outbox for a server that is not there.
pub struct Outbox(pub Services);

#[async_trait]
impl Mailbox for Outbox {
    async fn latest(&self) -> Result<Vec<KeptMail>, Away> {
        let kept = services::mail::kept(&self.0).await.map_err(|err| {
            warn!(error = ?err, "kept mail cannot be read");
            Away
        })?;
        let mail = |mail: services::mail::Kept| KeptMail {
            to: mail.to,
            subject: mail.subject,
            text: mail.text,
            at: Some(mail.at),
        };
        Ok(kept.into_iter().map(mail).collect())
    }
}
