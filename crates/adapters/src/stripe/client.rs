//! The client.

use std::{fmt, time::Duration};

use domain::billing::facts::Facts;
use futures::future;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::{
    Change, Checkout, Flow, Mode, Preview, Price, SecretKey, Session, StripeError,
    form::Form,
    http::{Ask, Http},
    wire::{
        ChargeWire, CustomerWire, DisputeWire, InvoiceWire, List, PortalWire, PreviewWire,
        PriceWire, Reference, RefundWire, SessionWire, SubscriptionWire, moment,
    },
};

/// What stands in an id as it is.
const ID: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');
/// Most that Stripe gives in one list.
const WHOLE_PAGE: u32 = 100;
/// Most pages of one list that are read. A customer has a subscription or two.
const MOST_PAGES: usize = 10;
/// How many of the latest invoices and payments are shown: two years of months.
const LATEST: u32 = 24;

/// One account of Stripe's, in one mode. Cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    http: Http,
    mode: Mode,
}

impl Stripe {
    /// The account that `key` speaks for, at `base`: `https://api.stripe.com`.
    pub fn new(base: &str, key: &SecretKey) -> Self {
        Self { http: Http::new(base, key), mode: key.mode() }
    }

    /// Gives each try another deadline than 10 s.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { http: self.http.with_deadline(deadline), ..self }
    }

    /// In which of Stripe's two worlds it works.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Makes a customer for a workspace, of whom nothing is known yet. The same key within a day gives the same one.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn create_customer(
        &self,
        workspace: &str,
        idempotency: &str,
    ) -> Result<String, StripeError> {
        let form = Form::default().with("metadata[gannet_workspace]", workspace);
        let made: CustomerWire = self.post("/v1/customers", form, idempotency).await?;
        Ok(made.id)
    }

    /// Says where mail about payments goes from now on, and what the customer is called if that is another.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn set_contact(
        &self,
        customer: &str,
        name: Option<&str>,
        email: &str,
        idempotency: &str,
    ) -> Result<(), StripeError> {
        let path = format!("/v1/customers/{}", segment(customer));
        let form = Form::default().maybe("name", name).with("email", email);
        self.post::<CustomerWire>(&path, form, idempotency).await.map(drop)
    }

    /// Makes a page on which a customer pays.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn begin_checkout(
        &self,
        checkout: &Checkout<'_>,
        idempotency: &str,
    ) -> Result<Session, StripeError> {
        let path = "/v1/checkout/sessions";
        let made: SessionWire = self.post(path, checkout.form(), idempotency).await?;
        let url = made.url.ok_or_else(|| {
            StripeError::Strange("the page of payment has no address, so it is over".to_owned())
        })?;
        Ok(Session { id: made.id, url, expires_at: moment(made.expires_at) })
    }

    /// Ends a page of payment. False: it was over already, because somebody has paid on it or its time was up.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn expire_checkout(&self, session: &str) -> Result<bool, StripeError> {
        let path = format!("/v1/checkout/sessions/{}/expire", segment(session));
        let key = format!("gannet-expire-{session}");
        match self.post::<SessionWire>(&path, Form::default(), &key).await {
            Ok(_) => Ok(true),
            Err(StripeError::Refused { .. } | StripeError::Missing(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes a way into the Customer Portal; gives its address, which is good for a few minutes.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn portal(
        &self,
        customer: &str,
        return_url: &str,
        flow: Flow<'_>,
        idempotency: &str,
    ) -> Result<String, StripeError> {
        let form = Form::default().with("customer", customer).with("return_url", return_url);
        let path = "/v1/billing_portal/sessions";
        let made: PortalWire = self.post(path, flow.form(form, return_url), idempotency).await?;
        Ok(made.url)
    }

    /// What a change would cost now. Changes nothing.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn preview(&self, change: &Change<'_>) -> Result<Preview, StripeError> {
        let ask = Ask {
            method: Method::POST,
            path: "/v1/invoices/create_preview".to_owned(),
            form: change.preview(),
            idempotency: None,
        };
        Ok(self.ask::<PreviewWire>(&ask).await?.into())
    }

    /// Changes what a subscription costs, and has it paid. Nothing changes when it cannot be.
    ///
    /// # Errors
    /// [`StripeError::Declined`] when it cannot be paid.
    pub async fn change(&self, change: &Change<'_>, idempotency: &str) -> Result<(), StripeError> {
        let path = format!("/v1/subscriptions/{}", segment(change.subscription));
        self.post::<SubscriptionWire>(&path, change.order(), idempotency).await.map(drop)
    }

    /// Has a subscription end with the period that is paid, or go on after all.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn end_with_period(
        &self,
        subscription: &str,
        ends: bool,
        idempotency: &str,
    ) -> Result<(), StripeError> {
        let path = format!("/v1/subscriptions/{}", segment(subscription));
        let form = Form::default().with("cancel_at_period_end", ends);
        self.post::<SubscriptionWire>(&path, form, idempotency).await.map(drop)
    }

    /// Ends a subscription at once.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn end_now(&self, subscription: &str) -> Result<(), StripeError> {
        let key = format!("gannet-end-{subscription}");
        let path = format!("/v1/subscriptions/{}", segment(subscription));
        let ask =
            Ask { method: Method::DELETE, path, form: Form::default(), idempotency: Some(&key) };
        match self.ask::<SubscriptionWire>(&ask).await {
            Ok(_) | Err(StripeError::Missing(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// One price.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn price(&self, id: &str) -> Result<Price, StripeError> {
        let path = format!("/v1/prices/{}", segment(id));
        Ok(self.get::<PriceWire>(&path, Form::default()).await?.into())
    }

    /// The customer of a payment; none for one that was made without.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn customer_of_charge(&self, charge: &str) -> Result<Option<String>, StripeError> {
        let path = format!("/v1/charges/{}", segment(charge));
        let charge: ChargeWire = self.get(&path, Form::default()).await?;
        Ok(charge.customer.map(Reference::id))
    }

    /// Everything about a customer, as it is now.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn facts(&self, customer: &str) -> Result<Facts, StripeError> {
        let path = format!("/v1/customers/{}", segment(customer));
        let of = || Form::default().with("customer", customer);
        let latest = || of().with("limit", LATEST);
        let (customer, subscriptions, invoices, open, charges) = future::try_join5(
            self.get::<CustomerWire>(&path, Form::default()),
            self.all::<SubscriptionWire>("/v1/subscriptions", of().with("status", "all"), |one| {
                &one.id
            }),
            self.get::<List<InvoiceWire>>("/v1/invoices", latest()),
            self.all::<InvoiceWire>("/v1/invoices", of().with("status", "open"), |one| &one.id),
            self.get::<List<ChargeWire>>("/v1/charges", latest()),
        )
        .await?;
        let refunds = charges.data.iter().filter(|charge| charge.amount_refunded > 0);
        let disputes = charges.data.iter().filter(|charge| charge.disputed);
        let by = |charge: &ChargeWire| Form::default().with("charge", &charge.id);
        let (refunds, disputes) = future::try_join(
            future::try_join_all(
                refunds.map(|one| self.all::<RefundWire>("/v1/refunds", by(one), |one| &one.id)),
            ),
            future::try_join_all(
                disputes.map(|one| self.all::<DisputeWire>("/v1/disputes", by(one), |one| &one.id)),
            ),
        )
        .await?;
        let facts = Facts {
            email: customer.email,
            is_deleted: customer.deleted,
            subscriptions: subscriptions.into_iter().filter_map(SubscriptionWire::fact).collect(),
            invoices: open.into_iter().chain(invoices.data).map(Into::into).collect(),
            refunds: refunds.into_iter().flatten().map(Into::into).collect(),
            disputes: disputes.into_iter().flatten().map(Into::into).collect(),
        };
        Ok(facts.in_order())
    }

    /// A list from its beginning to its end.
    async fn all<T: DeserializeOwned>(
        &self,
        path: &str,
        form: Form,
        id: impl Fn(&T) -> &String + Send,
    ) -> Result<Vec<T>, StripeError> {
        let form = form.with("limit", WHOLE_PAGE);
        let mut all: Vec<T> = Vec::new();
        for _ in 0..MOST_PAGES {
            let after = all.last().map(&id).cloned();
            let page: List<T> = self.get(path, form.clone().maybe("starting_after", after)).await?;
            let goes_on = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !goes_on {
                return Ok(all);
            }
        }
        Err(StripeError::Strange(format!("{path} has no end")))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, form: Form) -> Result<T, StripeError> {
        self.ask(&Ask { method: Method::GET, path: path.to_owned(), form, idempotency: None }).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: Form,
        idempotency: &str,
    ) -> Result<T, StripeError> {
        let path = path.to_owned();
        self.ask(&Ask { method: Method::POST, path, form, idempotency: Some(idempotency) }).await
    }

    async fn ask<T: DeserializeOwned>(&self, ask: &Ask<'_>) -> Result<T, StripeError> {
        let body = self.http.ask(ask).await?;
        serde_json::from_slice(&body).map_err(|err| {
            // What was not understood is named by its place; the answer itself is nobody's business.
            StripeError::Strange(format!("{} {}: {err}", ask.method, ask.path))
        })
    }
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// An id as a part of an address. Stripe's have nothing to escape; anything else leads nowhere.
fn segment(id: &str) -> String {
    utf8_percent_encode(id, ID).to_string()
}
