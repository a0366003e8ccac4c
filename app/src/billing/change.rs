//! `/account/subscription/change`: what another plan costs, before anything is changed.

use contract::{
    ClientError,
    billing::{Choice, Money, Quote},
};
use leptos::prelude::*;

use super::words::{each, limit, limit_name, per};
use crate::{
    account::account_page,
    format::{count, money},
    page::Visit,
    paths,
    ui::*,
};

const LINES: [Column; 2] = [Column::text("What"), Column::number("Amount")];

/// What the change costs, with the button that makes it.
#[component]
pub(crate) fn ChangePlanPage() -> impl IntoView {
    account_page(paths::SUBSCRIPTION, "Change the plan", &[], |visit| async move {
        let choice = Choice { plan: visit.asked("plan"), every: visit.asked("every") };
        match visit.backend.billing.quote(&visit.cx, choice).await {
            Ok(quote) => Ok(view! { <Changing visit quote /> }.into_any()),
            Err(ClientError::Conflict { message } | ClientError::Unavailable { message }) => {
                Ok(view! { <NotNow message /> }.into_any())
            }
            Err(ClientError::Invalid { .. }) => {
                let message = "Choose one of the plans.".to_owned();
                Ok(view! { <NotNow message /> }.into_any())
            }
            Err(error) => Err(error),
        }
    })
}

/// Why there is nothing to confirm.
#[component]
fn NotNow(message: String) -> impl IntoView {
    view! {
        <Notice tone=Tone::Warn title="The plan cannot be changed just now">
            <p>{message}</p>
            <LinkButton href=paths::SUBSCRIPTION>"Back to the subscription"</LinkButton>
        </Notice>
    }
}

#[component]
fn Changing(visit: Visit, quote: Quote) -> impl IntoView {
    let Quote {
        from,
        to,
        every,
        at,
        now,
        first_payment,
        ends_trial,
        lines,
        then,
        over,
        without_credit,
    } = quote;
    let rows = lines
        .into_iter()
        .map(|(what, amount)| {
            view! {
                <Row>
                    <Cell column=LINES[0] lead=true>{what}</Cell>
                    <Cell column=LINES[1]>{shown(&amount)}</Cell>
                </Row>
            }
        })
        .collect_view();
    let label = match now.amount {
        ..=0 => "Change the plan".to_owned(),
        _ => format!("Change the plan and pay {}", shown(&now)),
    };
    let (name, amount) = if now.amount < 0 {
        let credit = Money { amount: -now.amount, ..now.clone() };
        ("Put to your credit for coming invoices", shown(&credit))
    } else {
        ("Paid now", shown(&now))
    };
    let lead = match first_payment {
        Some(_) => "Your trial goes on with the other plan, and nothing is paid before it ends.",
        None if ends_trial => {
            "This plan has no trial: yours ends with the change, and the first period is paid now."
        }
        None => {
            "Worked out by Stripe for this moment. The rest of the period that you paid is taken into account."
        }
    };
    let made = first_payment.is_none().then(|| {
        view! {
            <Table caption="What it is made of" columns=&LINES>
                {rows}
            </Table>
        }
    });
    let first_payment = first_payment
        .map(|at| visit.time(at))
        .map(|at| view! { <Fact name="First payment">{at}</Fact> });
    let then = then
        .map(|then| view! { <Fact name="From then on">{shown(&then)} " " {each(every)}</Fact> });
    let gives = to
        .limits
        .iter()
        .map(|(meter, most)| view! { <li>{limit(*meter, *most)}</li> })
        .collect_view();
    let over = (!over.is_empty()).then(|| {
        let lines = over
            .into_iter()
            .map(|one| {
                let limit = count(one.limit.unwrap_or_default());
                view! { <li>{format!("{}: {} of {limit}", limit_name(one.meter), count(one.used))}</li> }
            })
            .collect_view();
        view! {
            <Notice tone=Tone::Warn title="You use more than this plan gives">
                <ul>{lines}</ul>
                <p>
                    "Nothing is deleted, and everybody is still answered. New broadcasts, bots or members wait until there is room."
                </p>
            </Notice>
        }
    });
    let without_credit = without_credit.then(|| {
        view! {
            <Notice tone=Tone::Warn title="Nothing is given back for the rest of the period">
                "More messages were sent this month than this plan gives. From next month on the rest of a period counts again."
            </Notice>
        }
    });
    view! {
        {over}
        {without_credit}
        <Card
            title=format!("From {from} to {}", to.name)
            lead
        >
            {made}
            <Facts>
                <Fact name=name>
                    <strong>{amount}</strong>
                </Fact>
                {first_payment}
                {then}
            </Facts>
            <p>{format!("{}, paid {}, gives:", to.name, per(every))}</p>
            <ul>{gives}</ul>
            <form class="form" method="post" action=paths::CHANGE_PLAN>
                <input type="hidden" name="plan" value=to.id autocomplete="off" />
                <input type="hidden" name="every" value=every.as_str() autocomplete="off" />
                <input type="hidden" name="at" value=at.to_string() autocomplete="off" />
                <div class="actions">
                    <Button kind=Kind::Primary>{label}</Button>
                    <LinkButton href=paths::SUBSCRIPTION kind=Kind::Quiet>
                        "Keep it as it is"
                    </LinkButton>
                </div>
            </form>
        </Card>
    }
}

fn shown(amount: &Money) -> String {
    money(amount.amount, &amount.currency)
}
