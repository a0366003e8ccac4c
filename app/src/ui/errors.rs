//! What is wrong with a form, all of it in one place.

use contract::FieldError;
use leptos::prelude::*;

use super::Countdown;

/// Lists what has to be mended, each line leading to its field. Takes focus when the page opens, so
/// that it is the first thing a screen reader says. Empty without errors.
#[component]
pub fn ErrorSummary(
    /// In the order of the form.
    errors: Vec<FieldError>,
    /// Whole seconds until it will be served, when it was too often: counted down.
    #[prop(optional_no_strip)]
    wait_secs: Option<u64>,
) -> impl IntoView {
    (!errors.is_empty()).then(|| {
        let title = match errors.len() {
            _ if wait_secs.is_some() => "Not so fast".to_owned(),
            1 => "One thing needs another look".to_owned(),
            many => format!("{many} things need another look"),
        };
        let lines = errors
            .into_iter()
            .map(|FieldError { field, message }| match field.as_str() {
                "" => view! { <li>{message}</li> }.into_any(),
                field => view! {
                    <li>
                        <a href=format!("#f-{field}")>{message}</a>
                    </li>
                }
                .into_any(),
            })
            .collect_view();
        view! {
            <div class="error-summary" role="alert" tabindex="-1" autofocus>
                <strong>{title}</strong>
                <ul>{lines}</ul>
                {wait_secs.map(|secs| view! { <Countdown secs /> })}
            </div>
        }
    })
}
