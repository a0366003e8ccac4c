//! Posting a draft from a script: the same form as the button posts, answered in JSON.

use domain::broadcast::Manner;
use js_sys::{JSON, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::paths;

/// What saving a draft gives back; see [`contract::broadcasts::Saved`].
pub(super) struct Saved {
    /// Which draft, as it stands in addresses.
    pub id: String,
    /// Its new version.
    pub version: String,
}

/// What stands in the composer.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Typed {
    /// The text in our markup.
    pub text: String,
    /// How it is to arrive.
    pub manner: Manner,
}

/// Why a draft was not saved.
pub(super) enum Refusal {
    /// Nobody answered, or not now: it can be tried again.
    Unreachable,
    /// The server said no; what to do about it.
    Refused(String),
}

/// Saves `typed` at `address` over `version`. A new draft gets `id`, which is empty for any other.
pub(super) async fn draft(
    address: &str,
    id: &str,
    typed: &Typed,
    version: &str,
) -> Result<Saved, Refusal> {
    let box_of = |is_ticked| if is_ticked { "on" } else { "" };
    let form = paths::pairs(&[
        ("id", id),
        ("text", &typed.text),
        ("silent", box_of(typed.manner.silent)),
        ("protected", box_of(typed.manner.protected)),
        ("if_unmodified_since", version),
    ]);
    let (status, body) = fetch(address, &form).await.map_err(|_| Refusal::Unreachable)?;
    let refused = |reason: &str| Err(Refusal::Refused(reason.to_owned()));
    match status {
        200 => match (text_of(&body, "id"), text_of(&body, "version")) {
            (Some(id), Some(version)) => Ok(Saved { id, version }),
            _ => Err(Refusal::Unreachable),
        },
        401 => refused(
            "Your session has ended. Your text is kept: sign in in another tab, then go on typing here.",
        ),
        // Somebody else changed it, or nothing may be edited now.
        409 => refused(&match reason(&body) {
            Some(why) => format!("{why} Press Continue to see what is there now; yours is kept."),
            None => "The draft has moved on. Press Continue to see it; yours is kept.".to_owned(),
        }),
        429 | 500.. => Err(Refusal::Unreachable),
        _ => refused(
            &reason(&body).unwrap_or_else(|| "The server did not take the draft.".to_owned()),
        ),
    }
}

/// The status and the JSON of the answer.
async fn fetch(address: &str, form: &str) -> Result<(u16, JsValue), JsValue> {
    let headers = Headers::new()?;
    headers.set("accept", "application/json")?;
    headers.set("content-type", "application/x-www-form-urlencoded")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(form));
    let answer: Response =
        JsFuture::from(window().fetch_with_str_and_init(address, &init)).await?.dyn_into()?;
    let body = JsFuture::from(answer.text()?).await?.as_string().unwrap_or_default();
    Ok((answer.status(), JSON::parse(&body)?))
}

fn text_of(body: &JsValue, field: &str) -> Option<String> {
    Reflect::get(body, &field.into()).ok()?.as_string()
}

/// The first field's message of a refusal, or the message of the whole.
fn reason(body: &JsValue) -> Option<String> {
    let fields = Reflect::get(body, &"fields".into()).ok();
    let first = fields
        .and_then(|fields| Reflect::get_u32(&fields, 0).ok())
        .filter(|first| first.is_object());
    first.and_then(|first| text_of(&first, "message")).or_else(|| text_of(body, "message"))
}
