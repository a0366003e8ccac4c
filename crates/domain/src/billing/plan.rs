//! What can be had, and for which of Stripe's prices.

use std::collections::HashSet;

use crate::{billing::usage::Limits, words::words};

/// Longest id of a plan, in bytes.
pub const LONGEST_ID: usize = 32;
/// Longest name of a plan, in characters.
pub const LONGEST_NAME: usize = 40;
/// Longest trial, in days: Stripe's own bound (`subscription_data.trial_period_days`).
pub const LONGEST_TRIAL_DAYS: u32 = 730;

words! {
    /// How often a plan is paid.
    pub enum Interval {
        /// Each month.
        Month = "month",
        /// Each year.
        Year = "year",
    }
}

/// One plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What it is called in addresses and forms.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whom it is for, in a sentence.
    pub description: String,
    /// Stripe's price for each month.
    pub monthly: Option<String>,
    /// Stripe's price for each year.
    pub yearly: Option<String>,
    /// Days before the first payment, for workspaces that never paid.
    pub trial_days: Option<u32>,
    /// How much of everything it gives.
    pub limits: Limits,
    /// What else it gives, a line each.
    pub features: Vec<String>,
}

impl Plan {
    /// Stripe's price of it.
    pub fn price(&self, every: Interval) -> Option<&str> {
        match every {
            Interval::Month => self.monthly.as_deref(),
            Interval::Year => self.yearly.as_deref(),
        }
    }

    /// Whether it has a price.
    pub fn is_paid(&self) -> bool {
        self.monthly.is_some() || self.yearly.is_some()
    }
}

/// Why a list of plans is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// An id that does not fit into addresses.
    #[error("`{0}` is no id of a plan: small letters, digits and hyphens, at most {LONGEST_ID}")]
    Id(String),
    /// Two plans of one id.
    #[error("there are two plans `{0}`")]
    Twice(String),
    /// No name, or one that is too long.
    #[error("plan `{0}` needs a name of at most {LONGEST_NAME} characters")]
    Name(String),
    /// Two plans, or two intervals of one, have the same price.
    #[error("the price `{0}` stands twice; what somebody has could not be told from it")]
    PriceTwice(String),
    /// A price is no id of a price of Stripe's.
    #[error("`{0}` is no id of one of Stripe's prices (price_…)")]
    Price(String),
    /// A trial without a price, or of no length.
    #[error("plan `{0}`: trial_days is 1 to {LONGEST_TRIAL_DAYS}, for plans that have a price")]
    Trial(String),
    /// The default is none of the plans.
    #[error("default = `{0}` is none of the plans")]
    NoDefault(String),
    /// The default costs something.
    #[error(
        "the default plan `{0}` is what workspaces have that pay nothing: it can have no price"
    )]
    DefaultIsPaid(String),
}

/// All plans of an instance, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plans {
    plans: Vec<Plan>,
    default: usize,
}

impl Plans {
    /// What there is where nobody pays: one plan without limits.
    pub fn unlimited() -> Self {
        let plan = Plan { id: "free".into(), name: "Free".into(), ..Plan::default() };
        Self { plans: vec![plan], default: 0 }
    }

    /// These plans, of which workspaces that pay nothing have `default`.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn new(default: &str, plans: Vec<Plan>) -> Result<Self, PlanError> {
        let (mut ids, mut prices) = (HashSet::new(), HashSet::new());
        for plan in &plans {
            let id = plan.id.clone();
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(fits) {
                return Err(PlanError::Id(id));
            }
            if plan.name.trim().is_empty() || plan.name.chars().count() > LONGEST_NAME {
                return Err(PlanError::Name(id));
            }
            for price in [&plan.monthly, &plan.yearly].into_iter().flatten() {
                let rest = price.strip_prefix("price_").unwrap_or_default();
                if rest.is_empty() || !rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    return Err(PlanError::Price(price.clone()));
                }
                if !prices.insert(price.as_str()) {
                    return Err(PlanError::PriceTwice(price.clone()));
                }
            }
            let longest = 1..=LONGEST_TRIAL_DAYS;
            if plan.trial_days.is_some_and(|days| !longest.contains(&days) || !plan.is_paid()) {
                return Err(PlanError::Trial(id));
            }
            if !ids.insert(plan.id.as_str()) {
                return Err(PlanError::Twice(id));
            }
        }
        let found = plans.iter().position(|plan| plan.id == default);
        let found = found.ok_or_else(|| PlanError::NoDefault(default.to_owned()))?;
        if plans[found].is_paid() {
            return Err(PlanError::DefaultIsPaid(default.to_owned()));
        }
        Ok(Self { plans, default: found })
    }

    /// In the order in which they are shown.
    pub fn all(&self) -> &[Plan] {
        &self.plans
    }

    /// What workspaces have that pay nothing.
    pub fn default_plan(&self) -> &Plan {
        &self.plans[self.default]
    }

    /// The plan of this id.
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    /// What one of Stripe's prices pays for.
    pub fn by_price(&self, price: &str) -> Option<(&Plan, Interval)> {
        self.plans.iter().find_map(|plan| {
            let every = Interval::ALL.iter().copied();
            every.into_iter().find(|every| plan.price(*every) == Some(price)).map(|e| (plan, e))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(id: &str, monthly: Option<&str>) -> Plan {
        let monthly = monthly.map(str::to_owned);
        Plan { id: id.into(), name: id.to_uppercase(), monthly, ..Plan::default() }
    }

    #[test]
    fn a_price_tells_what_somebody_has() {
        let mut team = plan("team", Some("price_m"));
        team.yearly = Some("price_y".into());
        let plans = Plans::new("free", vec![plan("free", None), team]).expect("plans");
        assert_eq!(plans.default_plan().id, "free");
        let found = |price| plans.by_price(price).map(|(plan, every)| (plan.id.as_str(), every));
        assert_eq!(found("price_m"), Some(("team", Interval::Month)));
        assert_eq!(found("price_y"), Some(("team", Interval::Year)));
        assert_eq!(found("price_z"), None);
        assert!(plans.get("free").is_some_and(|plan| !plan.is_paid()));
    }

    #[test]
    fn a_list_that_would_mislead_is_none() {
        let free = || plan("free", None);
        let trial = |days, price| Plan { trial_days: Some(days), ..plan("t", price) };
        let cases = [
            (vec![], PlanError::NoDefault("free".into())),
            (vec![plan("free", Some("price_1"))], PlanError::DefaultIsPaid("free".into())),
            (vec![free(), free()], PlanError::Twice("free".into())),
            (vec![free(), plan("A b", None)], PlanError::Id("A b".into())),
            (vec![Plan { name: " ".into(), ..free() }], PlanError::Name("free".into())),
            (vec![free(), plan("x", Some("prod_1"))], PlanError::Price("prod_1".into())),
            (vec![free(), plan("x", Some("price_"))], PlanError::Price("price_".into())),
            (
                vec![free(), plan("x", Some("price_1")), plan("y", Some("price_1"))],
                PlanError::PriceTwice("price_1".into()),
            ),
            (vec![free(), trial(7, None)], PlanError::Trial("t".into())),
            (vec![free(), trial(0, Some("price_1"))], PlanError::Trial("t".into())),
            (vec![free(), trial(731, Some("price_1"))], PlanError::Trial("t".into())),
        ];
        for (plans, wrong) in cases {
            assert_eq!(Plans::new("free", plans), Err(wrong));
        }
    }
}
