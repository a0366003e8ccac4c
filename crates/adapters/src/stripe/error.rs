//! What to do when Stripe does not do what it was asked.

/// Why Stripe did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// It does not answer, or is busy. Whatever was asked may be asked again, with the same key.
    #[error("Stripe does not answer: {0}")]
    Away(String),
    /// There is no such object, or it belongs to the other mode.
    #[error("Stripe does not know it: {0}")]
    Missing(String),
    /// A payment was declined, or needs the customer's confirmation.
    #[error("the payment did not go through ({code}): {message}")]
    Declined {
        /// Stripe's word for why: `card_declined`, `subscription_payment_intent_requires_action` …
        code: String,
        /// What Stripe says about it, fit to be shown to whoever pays.
        message: String,
    },
    /// It refuses; asked again, it would again.
    #[error("Stripe refuses ({code}): {message}")]
    Refused {
        /// Stripe's word for why.
        code: String,
        /// What Stripe says about it, for whoever runs the instance.
        message: String,
    },
    /// An answer that this version of Gannet cannot read.
    #[error("Stripe's answer is not understood: {0}")]
    Strange(String),
}

impl StripeError {
    /// Whether the payment waits for its customer to confirm it (Strong Customer Authentication).
    pub fn needs_confirmation(&self) -> bool {
        matches!(self, Self::Declined { code, .. } if code.contains("requires_action")
            || code == "authentication_required")
    }
}
