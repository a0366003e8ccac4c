//! What Stripe is asked for.

use jiff::Timestamp;

use super::form::Form;

/// When people are asked for their address on Stripe's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Address {
    /// Where a way of paying or a tax needs it.
    #[default]
    Auto,
    /// Always.
    Required,
}

/// What Stripe's page of payment offers, as whoever runs the instance wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckoutOptions {
    /// A field for a code that makes it cheaper.
    pub promotion_codes: bool,
    /// Stripe works out taxes.
    pub automatic_tax: bool,
    /// A field for a tax number.
    pub tax_ids: bool,
    /// When the address is asked for.
    pub address: Address,
}

/// A page on which a customer pays for a subscription.
#[derive(Clone, Debug)]
pub struct Checkout<'a> {
    /// Whose.
    pub customer: &'a str,
    /// For what.
    pub price: &'a str,
    /// How long nothing is paid, in days.
    pub trial_days: Option<u32>,
    /// Ours, as it stands in Stripe's lists.
    pub workspace: &'a str,
    /// Where the page leads when it was paid.
    pub success_url: &'a str,
    /// Where it leads when it was not.
    pub cancel_url: &'a str,
    /// What it offers.
    pub options: CheckoutOptions,
}

/// Such a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Stripe's id of it.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
}

/// What a customer comes to the Customer Portal for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow<'a> {
    /// To look around.
    Home,
    /// To pay with another card.
    PaymentMethod,
    /// To end this subscription.
    Cancel(&'a str),
    /// To confirm a change that needs it.
    Confirm(&'a Change<'a>),
}

/// Another price for a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Whose.
    pub customer: &'a str,
    /// Which.
    pub subscription: &'a str,
    /// Its one item.
    pub item: &'a str,
    /// What it costs from now on.
    pub price: &'a str,
    /// The moment for which the rest of the period is worked out: the same one for what is shown and what is
    /// done, so that the amounts are the same.
    pub at: Timestamp,
    /// A trial ends with it: the other price has none.
    pub ends_trial: bool,
    /// What is left of the period that is paid counts.
    pub prorated: bool,
}

impl Checkout<'_> {
    pub(super) fn form(&self) -> Form {
        let CheckoutOptions { promotion_codes, automatic_tax, tax_ids, address } = self.options;
        let address = match address {
            Address::Auto => "auto",
            Address::Required => "required",
        };
        Form::default()
            .with("mode", "subscription")
            .with("customer", self.customer)
            .with("client_reference_id", self.workspace)
            .with("line_items[0][price]", self.price)
            .with("line_items[0][quantity]", 1)
            .with("success_url", self.success_url)
            .with("cancel_url", self.cancel_url)
            .with("billing_address_collection", address)
            .with("subscription_data[metadata][gannet_workspace]", self.workspace)
            .maybe("subscription_data[trial_period_days]", self.trial_days)
            .when(promotion_codes, "allow_promotion_codes", true)
            .when(automatic_tax, "automatic_tax[enabled]", true)
            .when(tax_ids, "tax_id_collection[enabled]", true)
            // A customer who is known has their details completed only if that is said.
            .when(automatic_tax || tax_ids, "customer_update[address]", "auto")
            .when(tax_ids, "customer_update[name]", "auto")
    }
}

impl Flow<'_> {
    /// Whoever comes for one thing is led to `return_url` when it is done; Stripe's own way is a page of its
    /// portal, with a link back that is easily missed.
    pub(super) fn form(self, form: Form, return_url: &str) -> Form {
        let data = |rest: &str| format!("flow_data[{rest}");
        let has_end = self != Self::Home;
        let form = form.when(has_end, &data("after_completion][type]"), "redirect").when(
            has_end,
            &data("after_completion][redirect][return_url]"),
            return_url,
        );
        match self {
            Self::Home => form,
            Self::PaymentMethod => form.with(data("type]"), "payment_method_update"),
            Self::Cancel(subscription) => form
                .with(data("type]"), "subscription_cancel")
                .with(data("subscription_cancel][subscription]"), subscription),
            Self::Confirm(change) => form
                .with(data("type]"), "subscription_update_confirm")
                .with(data("subscription_update_confirm][subscription]"), change.subscription)
                .with(data("subscription_update_confirm][items][0][id]"), change.item)
                .with(data("subscription_update_confirm][items][0][price]"), change.price)
                .with(data("subscription_update_confirm][items][0][quantity]"), 1),
        }
    }
}

impl Change<'_> {
    /// As a question.
    pub(super) fn preview(&self) -> Form {
        let form = Form::default()
            .with("customer", self.customer)
            .with("subscription", self.subscription)
            .with("subscription_details[items][0][id]", self.item)
            .with("subscription_details[items][0][price]", self.price)
            .when(self.ends_trial, "subscription_details[trial_end]", "now");
        match self.prorated {
            true => form
                .with("subscription_details[proration_behavior]", "always_invoice")
                .with("subscription_details[proration_date]", self.at.as_second()),
            false => form.with("subscription_details[proration_behavior]", "none"),
        }
    }

    /// As an order: paid at once, and nothing changes when it cannot be.
    pub(super) fn order(&self) -> Form {
        let form = Form::default()
            .with("items[0][id]", self.item)
            .with("items[0][price]", self.price)
            .with("payment_behavior", "error_if_incomplete")
            .when(self.ends_trial, "trial_end", "now");
        match self.prorated {
            true => form
                .with("proration_behavior", "always_invoice")
                .with("proration_date", self.at.as_second()),
            false => form.with("proration_behavior", "none"),
        }
    }
}
