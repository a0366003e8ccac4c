//! What is sold, and through whom.

use std::fmt;

use adapters::stripe::{Address, CheckoutOptions, SecretKey, Secrets};
use domain::billing::{
    plan::{Plan, Plans},
    usage::Limits,
};
use serde::Deserialize;
use url::Url;

use super::{Reader, reader::Value, telegram::ApiUrl};

const STRIPE: &str = "https://api.stripe.com";
/// Where Stripe's pages are. A domain of one's own at Stripe is not among them.
const PAGES: [&str; 2] = ["https://checkout.stripe.com", "https://billing.stripe.com"];

/// What is sold, and through whom. Nothing, unless `STRIPE_SECRET_KEY` is set.
#[derive(Clone, Debug)]
pub struct BillingConfig {
    /// The key that speaks for an account with Stripe.
    /// `STRIPE_SECRET_KEY`, `sk_live_…` or `sk_test_…` (restricted: `rk_…`), default none.
    pub key: Option<SecretKey>,
    /// What Stripe signs its events with: one, or two while the one is exchanged for the other.
    /// `STRIPE_WEBHOOK_SECRET`, `whsec_…[,whsec_…]`, default none: no event is taken.
    pub webhook: Option<Secrets>,
    /// Base of Stripe's API, without a slash at its end.
    /// `STRIPE_API_URL`, default <https://api.stripe.com>; http only for loopback.
    pub api_url: String,
    /// What can be had.
    /// `PLANS`, as TOML; `PLANS_FILE` names the file that is edited. Default: one plan without limits.
    pub plans: Option<PlansToml>,
}

impl BillingConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let key = reader.maybe::<Key>("STRIPE_SECRET_KEY", "(none; nothing is sold)");
        let webhook = reader.maybe::<Webhook>("STRIPE_WEBHOOK_SECRET", "(none)");
        let ApiUrl(api_url) = reader.or("STRIPE_API_URL", ApiUrl(STRIPE.to_owned()));
        let plans = reader.maybe::<PlansToml>("PLANS", "(one, free and without limits)");
        if key.is_some() && plans.is_none() {
            let what = "STRIPE_SECRET_KEY is set, so PLANS_FILE has to say what is sold";
            reader.complain("PLANS", what);
        }
        Self {
            key: key.map(|Key(key)| key),
            webhook: webhook.map(|Webhook(secrets)| secrets),
            api_url,
            plans,
        }
    }
}

impl BillingConfig {
    /// Origins of the pages on which people pay: Stripe's own, or those of whatever stands in its place.
    pub fn forms_end_at(&self) -> Vec<String> {
        match (&self.key, Url::parse(&self.api_url)) {
            (None, _) | (_, Err(_)) => Vec::new(),
            (Some(_), Ok(_)) if self.api_url == STRIPE => PAGES.map(str::to_owned).to_vec(),
            (Some(_), Ok(url)) => vec![url.origin().ascii_serialization()],
        }
    }
}

struct Key(SecretKey);

impl Value for Key {
    fn parse(text: &str) -> Result<Self, String> {
        SecretKey::parse(text).map(Self).map_err(|err| err.to_string())
    }

    fn show(&self) -> String {
        let mode = if self.0.mode().is_live() { "live" } else { "test" };
        format!("(hidden, {mode} mode)")
    }
}

struct Webhook(Secrets);

impl Value for Webhook {
    fn parse(text: &str) -> Result<Self, String> {
        Secrets::parse(text).map(Self).ok_or_else(|| {
            "not whsec_… as Stripe shows it for the endpoint, or two of them with a comma between".to_owned()
        })
    }

    fn show(&self) -> String {
        "(hidden)".to_owned()
    }
}

/// The plans, and what Stripe's page of payment offers.
#[derive(Clone)]
pub struct PlansToml {
    /// All plans.
    pub plans: Plans,
    /// What Stripe's page offers.
    pub options: CheckoutOptions,
}

impl fmt::Debug for PlansToml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default: String,
    #[serde(rename = "plan", default)]
    plans: Vec<PlanTable>,
    #[serde(default)]
    checkout: CheckoutTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanTable {
    id: String,
    name: String,
    #[serde(default)]
    description: String,
    monthly: Option<String>,
    yearly: Option<String>,
    trial_days: Option<u32>,
    bots: Option<u64>,
    subscribers: Option<u64>,
    messages: Option<u64>,
    members: Option<u64>,
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CheckoutTable {
    promotion_codes: bool,
    automatic_tax: bool,
    tax_ids: bool,
    address: AddressWord,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AddressWord {
    #[default]
    Auto,
    Required,
}

impl From<PlanTable> for Plan {
    fn from(table: PlanTable) -> Self {
        let PlanTable { bots, subscribers, messages, members, .. } = table;
        Self {
            id: table.id,
            name: table.name,
            description: table.description,
            monthly: table.monthly,
            yearly: table.yearly,
            trial_days: table.trial_days,
            limits: Limits { bots, subscribers, messages, members },
            features: table.features,
        }
    }
}

impl Value for PlansToml {
    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|err| {
            let line = err.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            format!("{line}{}", err.message())
        })?;
        let plans = file.plans.into_iter().map(Plan::from).collect();
        let plans = Plans::new(&file.default, plans).map_err(|err| err.to_string())?;
        let CheckoutTable { promotion_codes, automatic_tax, tax_ids, address } = file.checkout;
        let address = match address {
            AddressWord::Auto => Address::Auto,
            AddressWord::Required => Address::Required,
        };
        let options = CheckoutOptions { promotion_codes, automatic_tax, tax_ids, address };
        Ok(Self { plans, options })
    }

    fn show(&self) -> String {
        let ids: Vec<&str> = self.plans.all().iter().map(|plan| plan.id.as_str()).collect();
        ids.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANS: &str = r#"
        default = "free"
        [[plan]]
        id = "free"
        name = "Free"
        bots = 1
        [[plan]]
        id = "team"
        name = "Team"
        monthly = "price_TESTm"
        trial_days = 14
        features = ["Second person's approval"]
        [checkout]
        promotion_codes = true
        address = "required"
    "#;

    #[test]
    fn a_file_of_plans_is_understood() {
        let file = PlansToml::parse(PLANS).expect("plans");
        assert_eq!(file.show(), "free, team");
        assert_eq!(file.plans.default_plan().limits.bots, Some(1));
        let (team, _) = file.plans.by_price("price_TESTm").expect("a plan");
        assert_eq!((team.trial_days, team.limits.bots), (Some(14), None));
        assert!(file.options.promotion_codes && file.options.address == Address::Required);
    }

    #[test]
    fn what_is_wrong_with_it_is_said_with_its_line() {
        let cases = [
            ("default = \"free\"", "default = `free` is none of the plans"),
            (&PLANS.replace("bots = 1", "bots = -1"), "line 6: "),
            (&PLANS.replace("bots = 1", "bot = 1"), "line 6: unknown field `bot`"),
            (&PLANS.replace("price_TESTm", "prod_TESTm"), "`prod_TESTm` is no id"),
            ("default", "line 1: "),
        ];
        for (text, want) in cases {
            let said = PlansToml::parse(text).expect_err("refused");
            assert!(said.contains(want), "{said}");
        }
    }
}
