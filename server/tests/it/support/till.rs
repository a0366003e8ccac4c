//! A Stripe to sell plans through.

use std::time::Duration;

use sim::stripe::{NewWebhook, Setup, Stripe, signature_header};

/// What the server knows Stripe by.
pub const WEBHOOK_SECRET: &str = "whsec_TESTTESTTESTTEST1";

/// Free has no limits, so that nothing else has to wait.
const PLANS: &str = r#"
    default = "free"
    [[plan]]
    id = "free"
    name = "Free"
    [[plan]]
    id = "team"
    name = "Team"
    monthly = "price_sim_team_month"
    yearly = "price_sim_team_year"
    [[plan]]
    id = "scale"
    name = "Scale"
    monthly = "price_sim_scale_month"
    trial_days = 14
"#;

/// A Stripe, and the settings by which a server sells through it.
pub struct Till(pub Stripe);

impl Till {
    pub async fn open() -> Self {
        let setup = Setup { webhook_retry: Duration::from_millis(50), ..Setup::plans() };
        Self(Stripe::start(setup).await.expect("a Stripe"))
    }

    pub fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("STRIPE_API_URL", self.0.base_url()),
            ("STRIPE_SECRET_KEY", self.0.secret_key().to_owned()),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
            ("PLANS", PLANS.to_owned()),
        ]
    }

    /// Has events brought to the server at `url`.
    pub fn tell(&self, url: &str) {
        self.0.add_webhook_with(&NewWebhook {
            url: format!("{url}/stripe/webhook"),
            secret: Some(WEBHOOK_SECRET.to_owned()),
            events: Vec::new(),
        });
    }

    /// Pays on the page at `url`, and waits until the server was told of it.
    pub async fn pay(&self, url: &str, card: &str) {
        let path = url.split('#').next().expect("an address");
        let session = path.rsplit('/').next().expect("a session");
        self.0.pay_session(session, card).expect("paid");
        assert!(self.0.delivered().await, "{:?}", self.0.deliveries());
    }
}

/// A signature of ours in Stripe's name.
pub fn signed(secrets: &[&str], secs_ago: i64, body: &[u8]) -> String {
    signature_header(secrets, domain::Timestamp::now().as_second() - secs_ago, body)
}
