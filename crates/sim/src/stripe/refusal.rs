//! What Stripe says when it does not do what it was asked.
//!
//! The bodies are those of <https://docs.stripe.com/api/errors> and the codes those of
//! <https://docs.stripe.com/error-codes>.

use serde_json::{Value, json};

/// A refusal: status and body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// 400, 401, 402, 404, 409, 429, 500 or 503.
    pub status: u16,
    /// `error.type`.
    pub kind: &'static str,
    /// `error.code`. Wrong enum values and booleans have none, as in Stripe.
    pub code: Option<&'static str>,
    /// Why a card was declined.
    pub decline_code: Option<String>,
    /// The parameter that is to blame, as it was written: `line_items[0][price]`.
    pub param: Option<String>,
    pub message: String,
    /// Whether the answer of this request may be kept for its idempotency key: parameters that are
    /// refused before anything is done are not.
    pub kept: bool,
}

/// What a request comes to.
pub(crate) type Answer = Result<Value, Refusal>;

const INVALID: &str = "invalid_request_error";

impl Refusal {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code: None,
            decline_code: None,
            param: None,
            message: message.into(),
            kept: true,
        }
    }

    fn coded(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    fn about(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// 400 about one parameter, without a code.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(400, INVALID, message).about(param)
    }

    /// 400 about one parameter, with a code.
    pub fn wrong(code: &'static str, param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(param, message).coded(code)
    }

    /// 400 because of how things stand.
    pub fn state(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, INVALID, message).coded(code)
    }

    pub fn unknown(params: &[String]) -> Self {
        let s = if params.len() == 1 { "" } else { "s" };
        Self::new(400, INVALID, format!("Received unknown parameter{s}: {}", params.join(", ")))
            .coded("parameter_unknown")
            .about(params.first().cloned().unwrap_or_default())
    }

    pub fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        Self::new(400, INVALID, format!("Missing required param: {param}."))
            .coded("parameter_missing")
            .about(param)
    }

    pub fn exclusive(these: &[&str]) -> Self {
        let message =
            format!("You may only specify one of these parameters: {}.", these.join(", "));
        Self::new(400, INVALID, message).coded("parameters_exclusive").about(these[0])
    }

    /// 404, or 400 when the thing was named by a parameter. `elsewhere` is the mode that it is in.
    pub fn no_such(
        noun: &str,
        id: &str,
        param: Option<&str>,
        elsewhere: Option<&'static str>,
    ) -> Self {
        let mut message = format!("No such {noun}: '{id}'");
        if let Some(mode) = elsewhere {
            let other = if mode == "live" { "test" } else { "live" };
            message += &format!(
                "; a similar object exists in {mode} mode, but a {other} mode key was used to make this request."
            );
        }
        let status = if param.is_some() { 400 } else { 404 };
        Self::new(status, INVALID, message).coded("resource_missing").about(param.unwrap_or("id"))
    }

    pub fn no_such_path(verb: &str, path: &str) -> Self {
        Self::new(
            404,
            INVALID,
            format!(
                "Unrecognized request URL ({verb}: {path}). Please see https://stripe.com/docs."
            ),
        )
        .coded("url_invalid")
    }

    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, INVALID, message)
    }

    pub fn too_large() -> Self {
        Self::new(413, INVALID, "The request is too large.")
    }

    pub fn other_parameters(key: &str) -> Self {
        Self::new(
            400,
            "idempotency_error",
            format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                 Try using a key other than '{key}' if you meant to execute a different request."
            ),
        )
    }

    pub fn in_progress(key: &str) -> Self {
        Self::new(
            409,
            "idempotency_error",
            format!(
                "There is currently another in-progress request using this idempotent key ({key}). \
                 Please try again later."
            ),
        )
        .coded("idempotency_key_in_use")
    }

    pub fn rate_limited() -> Self {
        Self::new(
            429,
            INVALID,
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        )
        .coded("rate_limit")
    }

    pub fn arbitrary(status: u16) -> Self {
        let message = "An unexpected error occurred; this one was asked for by a test.";
        Self::new(status, "api_error", message)
    }

    /// 402 for a card.
    pub fn card(decline_code: &str, message: &str) -> Self {
        let code = match decline_code {
            "authentication_required" => "authentication_required",
            "expired_card" => "expired_card",
            "incorrect_cvc" => "incorrect_cvc",
            _ => "card_declined",
        };
        let mut refusal = Self::new(402, "card_error", message).coded(code);
        refusal.decline_code = Some(decline_code.to_owned());
        refusal
    }

    /// 402 for a change of a subscription whose payment its customer would have to confirm.
    pub fn needs_action() -> Self {
        let message = "Payment for this subscription requires additional user action before it can be completed successfully.";
        Self::new(402, "card_error", message).coded("subscription_payment_intent_requires_action")
    }

    /// The answer's body. `log` is an address where the request can be looked up.
    pub fn body(&self, log: &str) -> Value {
        let mut error = json!({"type": self.kind, "message": self.message});
        if let Some(code) = self.code {
            error["code"] = code.into();
            error["doc_url"] = format!("https://stripe.com/docs/error-codes/{code}").into();
        }
        if let Some(why) = &self.decline_code {
            error["decline_code"] = why.as_str().into();
        }
        if let Some(param) = &self.param {
            error["param"] = param.as_str().into();
        }
        error["request_log_url"] = log.into();
        json!({"error": error})
    }
}
