//! What a form gets back.

use app::paths;
use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use contract::{ClientError, auth::Again, form::FormState, second_factor::Pending};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Forms, Posted, kept::Kept};
use crate::http::{
    layers::{CspNonce, RequestId},
    problem::Problem,
};

/// Fields whose content is never sent back to a browser.
const SECRET: [&str; 4] = ["password", "token", "code", Again::FIELD];

/// Fields that no page shows: what is wrong with one is said of the form as a whole.
const UNSEEN: [&str; 10] = [
    "at",
    "errand",
    "every",
    "id",
    "if_unmodified_since",
    "plan",
    "read_only",
    "request",
    "take_over",
    "version",
];

impl Posted {
    /// The use case did what was asked: on to `next`, or the error on `page` again.
    pub async fn finish(
        self,
        forms: &Forms,
        page: &str,
        outcome: Result<String, ClientError>,
    ) -> Response {
        match outcome {
            Ok(next) => self.done(&next),
            Err(error) => self.refuse(forms, page, &error).await,
        }
    }

    /// As [`Posted::finish`], back to `page`, which says what was `done`.
    pub async fn settle(
        self,
        forms: &Forms,
        page: &str,
        done: &str,
        outcome: Result<(), ClientError>,
    ) -> Response {
        let next = paths::query(page, &[("done", done)]);
        self.finish(forms, page, outcome.map(|()| next)).await
    }

    /// On to `next`, a path of ours.
    pub fn done(&self, next: &str) -> Response {
        if self.json {
            Json(json!({ "next": next })).into_response()
        } else {
            Redirect::to(next).into_response()
        }
    }

    /// What is wrong: `page` again, or JSON.
    pub async fn refuse(self, forms: &Forms, page: &str, error: &ClientError) -> Response {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = if self.json {
            (status, Json(self.error_json(error))).into_response()
        } else if *error == ClientError::Unauthenticated {
            self.ask_to_sign_in(forms, page).await
        } else if *error == ClientError::NeedsSecondFactor {
            Redirect::to(&paths::two_factor_for_workspace()).into_response()
        } else {
            let mut state = self.state().refused(error);
            for error in &mut state.errors {
                if UNSEEN.contains(&error.field.as_str()) {
                    error.field.clear();
                }
            }
            let mut response = self.show(forms, page, state, |_| {}).await;
            if response.status().is_redirection() {
                // The page leads elsewhere by now; what went wrong is to be said all the same.
                let said = error.to_string();
                let problem = Problem {
                    status,
                    title: "That did not work",
                    what: &said,
                    advice: "Go back, reload the page and look at where things stand.",
                };
                response = problem.answer(&self.asked, &forms.web);
            } else if response.status() == StatusCode::OK {
                // A page that cannot be shown either has a status of its own.
                *response.status_mut() = status;
            }
            response
        };
        let wait = match error {
            ClientError::RateLimited { secs } => Some(*secs),
            ClientError::Unavailable { .. } => Some(5),
            _ => None,
        };
        if let Some(secs) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }

    /// What was typed, but for secrets.
    pub fn state(&self) -> FormState {
        let typed = self.fields().iter().filter(|(name, _)| !SECRET.contains(&name.as_str()));
        let values = typed.map(|(name, text)| (name.clone(), text.clone())).collect();
        FormState { values, ..FormState::default() }
    }

    /// The page at `path`, with `state` in its form. `also` adds further extensions.
    pub async fn show(
        &self,
        forms: &Forms,
        path: &str,
        state: FormState,
        also: impl FnOnce(&mut Request),
    ) -> Response {
        let Ok(mut request) = Request::builder().method(Method::GET).uri(path).body(Body::empty())
        else {
            return Problem::MALFORMED.answer(&self.asked, &forms.web);
        };
        *request.headers_mut() = self.headers.clone();
        for body_header in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::TRANSFER_ENCODING]
        {
            request.headers_mut().remove(body_header);
        }
        let extensions = request.extensions_mut();
        extensions.insert(self.cx.clone());
        extensions.insert(state);
        if let Some(pending) = self.extensions.get::<Pending>() {
            extensions.insert(*pending);
        }
        if let Some(nonce) = self.extensions.get::<CspNonce>() {
            extensions.insert(nonce.clone());
        }
        if let Some(id) = self.extensions.get::<RequestId>() {
            extensions.insert(id.clone());
        }
        also(&mut request);
        match forms.pages.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// The session has ended in the middle of a form: sign in, and find everything typed again.
    async fn ask_to_sign_in(self, forms: &Forms, page: &str) -> Response {
        let kept = Kept { page: page.to_owned(), values: self.state().values };
        let mut state = FormState::default().refused(&ClientError::field(
            "",
            "Your session has ended. Sign in to go on; what you typed is kept.",
        ));
        state.values.insert("next".to_owned(), page.to_owned());
        state.values.insert(Kept::FIELD.to_owned(), kept.to_text());
        let mut response = self.show(forms, paths::LOGIN, state, |_| {}).await;
        if response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
        response
    }

    fn error_json(&self, error: &ClientError) -> Value {
        let mut body = serde_json::to_value(error).unwrap_or_else(|_| json!({}));
        if let Some(object) = body.as_object_mut() {
            object.insert("message".to_owned(), error.to_string().into());
            object.insert("request_id".to_owned(), self.cx.request_id.clone().into());
        }
        body
    }
}
