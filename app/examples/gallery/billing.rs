//! Samples of plans and payments.

use async_trait::async_trait;
use contract::{
    ClientError,
    billing::{
        AtStripe, BillingApi, Changed, Choice, Confirmed, Cost, Errand, Invoice, Money, Offer,
        Overview, Quote, Return, Told, Used,
    },
    cx::RequestCx,
};
use domain::billing::{
    facts::InvoiceStatus,
    notice::{Kind, Notice},
    plan::Interval,
    standing::Phase,
    usage::Meter,
};

use crate::sample::{Sample, Scene, at};

const DAY: i64 = 86_400;

fn money(amount: i64) -> Money {
    Money { amount, currency: "eur".to_owned() }
}

fn offer(id: &str, month: i64, limits: [Option<u64>; 4], mine: Option<Interval>) -> Offer {
    let cost = |(every, amount)| Cost {
        every,
        amount: Some(money(amount)),
        is_current: mine == Some(every),
    };
    let prices = [(Interval::Month, month), (Interval::Year, month * 10)];
    Offer {
        id: id.to_lowercase(),
        name: id.to_owned(),
        description: match id {
            "Free" => "For a first bot and its friends.",
            "Team" => "For a team that writes to its customers every week.",
            _ => "For many bots and large audiences.",
        }
        .to_owned(),
        prices: prices.map(cost).into_iter().filter(|_| month > 0).collect(),
        trial_days: (month > 0).then_some(14),
        limits: Meter::ALL.iter().copied().zip(limits).collect(),
        features: if month > 0 {
            vec!["A second person’s approval".to_owned()]
        } else {
            Vec::new()
        },
        is_current: mine.is_some() || (month == 0 && id == "Free"),
    }
}

fn team(mine: Option<Interval>) -> Offer {
    offer("Team", 1_900, [Some(5), Some(25_000), Some(250_000), Some(10)], mine)
}

fn invoice(number: &str, ago: i64, status: InvoiceStatus) -> Invoice {
    let page = "https://invoice.example/i/sample".to_owned();
    Invoice {
        number: Some(number.to_owned()),
        at: at(ago),
        total: money(1_900),
        status,
        page: Some(page.clone()),
        pdf: Some(format!("{page}/pdf")),
    }
}

fn used(numbers: [(u64, Option<u64>); 4]) -> Vec<Used> {
    let one = |(meter, (used, limit)): (&Meter, _)| Used { meter: *meter, used, limit };
    Meter::ALL.iter().zip(numbers).map(one).collect()
}

fn customer() -> AtStripe {
    AtStripe {
        is_test: true,
        is_customer: true,
        email: Some("ann@example.com".to_owned()),
        looked_at: Some(at(40)),
        page_to_pay: None,
        invoices: vec![
            invoice("SIM-0003", DAY, InvoiceStatus::Paid),
            invoice("SIM-0002", 31 * DAY, InvoiceStatus::Paid),
            invoice("SIM-0001", 61 * DAY, InvoiceStatus::Void),
        ],
        returns: vec![
            Return {
                is_dispute: true,
                at: at(20 * DAY),
                amount: money(1_900),
                status: "needs_response".to_owned(),
                reason: Some("product_not_received".to_owned()),
            },
            Return {
                is_dispute: false,
                at: at(30 * DAY),
                amount: money(500),
                status: "succeeded".to_owned(),
                reason: None,
            },
        ],
        history: vec![(
            at(61 * DAY),
            "Stripe reported the plan Team (monthly), paid; before that Free, without a subscription".to_owned(),
        )],
    }
}

#[async_trait]
impl BillingApi for Sample {
    async fn overview(&self, _: &RequestCx) -> Result<Overview, ClientError> {
        let free = |mine: bool| Offer {
            is_current: mine,
            ..offer("Free", 0, [Some(1), Some(1_000), Some(10_000), Some(2)], None)
        };
        let scale = offer("Scale", 7_900, [None; 4], None);
        let runs = Overview {
            plan: "Team".to_owned(),
            every: Some(Interval::Month),
            phase: Phase::Active { renews: at(-29 * DAY) },
            is_unknown_price: false,
            has_others: false,
            usage: used([
                (2, Some(5)),
                (10_204, Some(25_000)),
                (231_020, Some(250_000)),
                (4, Some(10)),
            ]),
            plans: vec![free(false), team(Some(Interval::Month)), scale.clone()],
            stripe: Some(customer()),
        };
        let to_pay = AtStripe {
            page_to_pay: Some("https://invoice.example/i/sample".to_owned()),
            invoices: vec![invoice("SIM-0004", DAY, InvoiceStatus::Open)],
            ..customer()
        };
        Ok(match self.scene {
            Scene::Empty | Scene::Enrolling => Overview {
                plan: "Free".to_owned(),
                every: None,
                phase: Phase::Free,
                usage: used([(1, Some(1)), (0, Some(1_000)), (10_000, Some(10_000)), (1, Some(2))]),
                plans: vec![free(true), team(None), scale],
                stripe: Some(AtStripe::default()),
                ..runs
            },
            Scene::Closed => Overview {
                plan: "Free".to_owned(),
                every: None,
                phase: Phase::Free,
                usage: used([(1, None), (0, None), (0, None), (1, None)]),
                plans: Vec::new(),
                stripe: None,
                ..runs
            },
            Scene::Still => Overview {
                phase: Phase::PastDue { since: at(DAY), until: at(-13 * DAY) },
                stripe: Some(to_pay),
                ..runs
            },
            Scene::Tripped => Overview {
                phase: Phase::ReadOnly { since: at(DAY) },
                is_unknown_price: true,
                has_others: true,
                stripe: Some(to_pay),
                ..runs
            },
            Scene::Busy | Scene::Second(_) => runs,
        })
    }

    async fn checkout(&self, _: &RequestCx, _: Choice) -> Result<String, ClientError> {
        Ok("https://checkout.example/c/sample".to_owned())
    }

    async fn portal(&self, _: &RequestCx, _: Errand) -> Result<String, ClientError> {
        Ok("https://billing.example/p/sample".to_owned())
    }

    async fn quote(&self, _: &RequestCx, _: Choice) -> Result<Quote, ClientError> {
        Ok(Quote {
            from: "Scale".to_owned(),
            to: team(None),
            every: Interval::Month,
            at: at(0).as_second(),
            now: money(-5_100),
            first_payment: None,
            ends_trial: false,
            lines: vec![
                ("Unused time on Scale after 27 Nov 2026".to_owned(), money(-7_000)),
                ("Remaining time on Team after 27 Nov 2026".to_owned(), money(1_900)),
            ],
            then: Some(money(1_900)),
            over: vec![Used { meter: Meter::Bots, used: 12, limit: Some(5) }],
            without_credit: false,
        })
    }

    async fn change(&self, _: &RequestCx, _: Confirmed) -> Result<Changed, ClientError> {
        Ok(Changed::Done)
    }

    async fn look(&self, _: &RequestCx) -> Result<(), ClientError> {
        Ok(())
    }

    async fn told(&self, _: &RequestCx) -> Vec<Told> {
        let told = |kind, about: &str| Told {
            notice: Notice { kind, about: about.to_owned() },
            is_owner: true,
        };
        match self.scene {
            Scene::Still => vec![told(Kind::PastDue, "")],
            Scene::Tripped => vec![told(Kind::Full, "messages 2026-11"), told(Kind::ReadOnly, "")],
            _ => Vec::new(),
        }
    }
}
