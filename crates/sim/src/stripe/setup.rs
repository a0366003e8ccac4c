//! What a simulator starts with.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::clock::Clock;

/// How a Stripe is started, and what is in it then.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where it listens: loopback only; port 0 takes a free one. Default 127.0.0.1:0.
    pub listen: SocketAddr,
    /// The time it lives in. Default [`Clock::system`].
    pub clock: Clock,
    /// The key of test mode. Default `sk_test_gannet_sim_not_a_secret`.
    pub secret_key: String,
    /// The key of live mode: nothing is charged for real there either. Default
    /// `sk_live_gannet_sim_not_a_secret`.
    pub live_key: String,
    /// Products and prices, in test mode.
    pub products: Vec<NewProduct>,
    /// Coupons, in test mode.
    pub coupons: Vec<NewCoupon>,
    /// Endpoints that events of test mode go to.
    pub webhooks: Vec<NewWebhook>,
    /// What happens to a subscription whose invoice was tried for the last time. Default
    /// [`AfterRetries::Cancel`].
    pub after_retries: AfterRetries,
    /// Longest that an endpoint may take to answer. Default 20 s.
    pub webhook_timeout: Duration,
    /// The pause before an event is brought a second time; each further pause is twice as long, at
    /// most 12 hours, and after [`Setup::webhook_attempts`] it is given up. Default 1 minute; tests
    /// take milliseconds.
    pub webhook_retry: Duration,
    /// How often an event is brought to an endpoint at most. Default 15: about three days.
    pub webhook_attempts: u32,
    /// How long each request of the API takes at least. Default nothing.
    pub latency: Duration,
    /// Whether `/control/…` is served. Default yes.
    pub control: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Clock::system(),
            secret_key: "sk_test_gannet_sim_not_a_secret".to_owned(),
            live_key: "sk_live_gannet_sim_not_a_secret".to_owned(),
            products: Vec::new(),
            coupons: Vec::new(),
            webhooks: Vec::new(),
            after_retries: AfterRetries::Cancel,
            webhook_timeout: Duration::from_secs(20),
            webhook_retry: Duration::from_secs(60),
            webhook_attempts: 15,
            latency: Duration::ZERO,
            control: true,
        }
    }
}

impl Setup {
    /// Two plans, by the month and by the year, and two coupons, with ids that are the same each
    /// time: `price_sim_team_month` (19 EUR), `price_sim_team_year` (190), `price_sim_scale_month`
    /// (79), `price_sim_scale_year` (790); `SIM25` (a quarter off for good) and `SIMONCE` (5 EUR off
    /// the first payment), each with a promotion code of the same name.
    pub fn plans() -> Self {
        let plan = |id: &str, name: &str, month: i64, year: i64| NewProduct {
            id: format!("prod_sim_{id}"),
            name: name.to_owned(),
            description: Some(format!("Gannet {name} (test)")),
            prices: [("month", month), ("year", year)]
                .map(|(interval, unit_amount)| NewPrice {
                    id: format!("price_sim_{id}_{interval}"),
                    currency: "eur".to_owned(),
                    unit_amount,
                    interval: interval.to_owned(),
                })
                .into(),
        };
        Self {
            products: vec![
                plan("team", "Team", 1_900, 19_000),
                plan("scale", "Scale", 7_900, 79_000),
            ],
            coupons: vec![
                NewCoupon {
                    id: "SIM25".to_owned(),
                    percent_off: Some(25.0),
                    amount_off: None,
                    currency: None,
                    duration: "forever".to_owned(),
                    code: Some("SIM25".to_owned()),
                },
                NewCoupon {
                    id: "SIMONCE".to_owned(),
                    percent_off: None,
                    amount_off: Some(500),
                    currency: Some("eur".to_owned()),
                    duration: "once".to_owned(),
                    code: Some("SIMONCE".to_owned()),
                },
            ],
            ..Self::default()
        }
    }

    /// A file that names the prices of [`Setup::plans`] beside a free plan, as Gannet reads it.
    pub fn plans_toml() -> &'static str {
        include_str!("plans.toml")
    }
}

/// A product with its prices.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// `prod_…`.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// More about it.
    #[serde(default)]
    pub description: Option<String>,
    /// What it costs.
    pub prices: Vec<NewPrice>,
}

/// A recurring price.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewPrice {
    /// `price_…`.
    pub id: String,
    /// Three letters, lower case.
    pub currency: String,
    /// In the smallest unit of the currency.
    pub unit_amount: i64,
    /// `day`, `week`, `month` or `year`.
    pub interval: String,
}

/// A coupon, and a promotion code for it when `code` is given.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewCoupon {
    /// Its id.
    pub id: String,
    /// How much is taken off: more than 0, at most 100.
    #[serde(default)]
    pub percent_off: Option<f64>,
    /// Or this much, in the smallest unit of `currency`.
    #[serde(default)]
    pub amount_off: Option<i64>,
    /// With `amount_off`.
    #[serde(default)]
    pub currency: Option<String>,
    /// `once` or `forever`.
    pub duration: String,
    /// What people type.
    #[serde(default)]
    pub code: Option<String>,
}

/// An endpoint for events.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where to.
    pub url: String,
    /// `whsec_…`; one by chance when absent.
    #[serde(default)]
    pub secret: Option<String>,
    /// Kinds of events; all when empty.
    #[serde(default)]
    pub events: Vec<String>,
}

/// What Stripe does when an invoice was tried for the last time: a choice of the account.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterRetries {
    /// The subscription is canceled.
    #[default]
    Cancel,
    /// The subscription becomes `unpaid`; further invoices stay drafts.
    MarkUnpaid,
    /// The subscription stays `past_due`.
    LeavePastDue,
}
