//! Invoices, money that went back, and what happened.

use contract::billing::{AtStripe, Invoice, Return};
use domain::{Timestamp, billing::facts::InvoiceStatus};
use leptos::prelude::*;

use crate::{
    format::{capital, money},
    page::Visit,
    ui::*,
};

const INVOICES: [Column; 4] = [
    Column::text("Invoice"),
    Column::text("Date"),
    Column::text("State"),
    Column::number("Amount"),
];
const RETURNS: [Column; 4] =
    [Column::text("What"), Column::text("Date"), Column::text("State"), Column::number("Amount")];

/// The latest invoices, each on Stripe's page.
#[component]
pub(super) fn Invoices(visit: Visit, stripe: AtStripe) -> impl IntoView {
    if !stripe.is_customer {
        return ().into_any();
    }
    if stripe.invoices.is_empty() {
        return view! {
            <h2>"Invoices"</h2>
            <p class="hint">"There is none yet. The first one comes with the first payment."</p>
        }
        .into_any();
    }
    let rows = stripe
        .invoices
        .into_iter()
        .map(|Invoice { number, at, total, status, page, pdf }| {
            let name = number.unwrap_or_else(|| "Without a number".to_owned());
            let name = match page {
                Some(href) => view! { <a href=href>{name}</a> }.into_any(),
                None => name.into_any(),
            };
            let pdf = pdf.map(|href| view! { " · " <a href=href>"PDF"</a> });
            let ((tone, label), at) = (state(status), visit.time(at));
            view! {
                <Row>
                    <Cell column=INVOICES[0] lead=true>
                        <span>{name} {pdf}</span>
                    </Cell>
                    <Cell column=INVOICES[1]>{at}</Cell>
                    <Cell column=INVOICES[2]>
                        <Badge tone label />
                    </Cell>
                    <Cell column=INVOICES[3]>{money(total.amount, &total.currency)}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <h2>"Invoices"</h2>
        <Table caption="Invoices" columns=&INVOICES>
            {rows}
        </Table>
    }
    .into_any()
}

const fn state(status: InvoiceStatus) -> (Tone, &'static str) {
    match status {
        InvoiceStatus::Paid => (Tone::Ok, "Paid"),
        InvoiceStatus::Open => (Tone::Warn, "To be paid"),
        InvoiceStatus::Draft => (Tone::Neutral, "Being written"),
        InvoiceStatus::Void => (Tone::Neutral, "Void"),
        InvoiceStatus::Uncollectible => (Tone::Bad, "Not paid"),
        InvoiceStatus::Unknown => (Tone::Neutral, "See Stripe"),
    }
}

/// Refunds and disputes as Stripe reports them; nothing without any.
#[component]
pub(super) fn Returns(visit: Visit, returns: Vec<Return>) -> impl IntoView {
    (!returns.is_empty()).then(|| {
        let rows = returns
            .into_iter()
            .map(|Return { is_dispute, at, amount, status, reason }| {
                let at = visit.time(at);
                let what = match (is_dispute, reason) {
                    (false, _) => "Refund".to_owned(),
                    (true, Some(reason)) => format!("Dispute: {}", spaced(&reason)),
                    (true, None) => "Dispute".to_owned(),
                };
                view! {
                    <Row>
                        <Cell column=RETURNS[0] lead=true>{what}</Cell>
                        <Cell column=RETURNS[1]>{at}</Cell>
                        <Cell column=RETURNS[2]>
                            <Badge label=capital(&spaced(&status)) />
                        </Cell>
                        <Cell column=RETURNS[3]>{money(amount.amount, &amount.currency)}</Cell>
                    </Row>
                }
            })
            .collect_view();
        view! {
            <h2>"Refunds and disputes"</h2>
            <p class="hint">"As Stripe reports them. They are seen to under Manage billing, on Stripe’s page."</p>
            <Table caption="Refunds and disputes" columns=&RETURNS>
                {rows}
            </Table>
        }
    })
}

/// A word of Stripe's as people write it: `needs_response` as `needs response`.
fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

/// What happened to the plan, the latest first.
#[component]
pub(super) fn History(visit: Visit, history: Vec<(Timestamp, String)>) -> impl IntoView {
    (!history.is_empty()).then(|| {
        let lines = history
            .into_iter()
            .map(|(at, line)| {
                let at = visit.time(at);
                view! { <li>{at} " " <bdi>{line}</bdi></li> }
            })
            .collect_view();
        view! {
            <Card title="History" lead="The audit log has all of it.">
                <ul role="list" class="stack">
                    {lines}
                </ul>
            </Card>
        }
    })
}
