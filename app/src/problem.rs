//! What happened, why, and what to do now.

use leptos::prelude::*;

use crate::{paths, ui::*};

/// The words for a status.
struct Words {
    title: &'static str,
    reason: &'static str,
    advice: &'static str,
}

const fn words(status: u16) -> Words {
    match status {
        400 => Words {
            title: "We could not read that request",
            reason: "It arrived incomplete or in a form we do not know.",
            advice: "Go back, reload the page and try again.",
        },
        401 => Words {
            title: "Sign in to go on",
            reason: "Your session has ended, or it never began.",
            advice: "Sign in and you will come back to where you were.",
        },
        403 => Words {
            title: "You have no access to this",
            reason: "It belongs to somebody else, or it does not exist. We do not tell which, so that nobody can find out.",
            advice: "Check the address, or ask the owner of the workspace for access.",
        },
        404 => Words {
            title: "There is nothing here",
            reason: "The address may be mistyped, or what was here has been removed.",
            advice: "Check the address, or start from the overview.",
        },
        405 => Words {
            title: "That cannot be done here",
            reason: "This address does not answer to that kind of request.",
            advice: "Go back and use the buttons on the page.",
        },
        409 => Words {
            title: "Somebody was faster",
            reason: "This has changed since you opened it.",
            advice: "Go back, look at what changed, and try again.",
        },
        413 => Words {
            title: "That is too large",
            reason: "What was sent is larger than this page takes.",
            advice: "Go back and make it smaller. What you typed is still in your browser.",
        },
        429 => Words {
            title: "A little too fast",
            reason: "There were too many tries from your address in a short time.",
            advice: "Wait a moment, then try again.",
        },
        503 => Words {
            title: "We are away for a moment",
            reason: "A part that we depend on does not answer just now.",
            advice: "Nothing is lost. Try again in a minute.",
        },
        _ => Words {
            title: "Something went wrong on our side",
            reason: "An unexpected error stopped this page. It has been logged.",
            advice: "Try again. If it stays like this, tell the person who runs this instance and quote the number below.",
        },
    }
}

/// A refusal as content of a page.
#[component]
pub(crate) fn Problem(
    /// The HTTP status.
    status: u16,
    /// What is known beyond the status; the status' own reason when it is empty.
    #[prop(optional, into)]
    reason: String,
    /// Leads to the log.
    #[prop(optional_no_strip)]
    request_id: Option<String>,
) -> impl IntoView {
    let Words { title, reason: usual, advice } = words(status);
    // A 403 never says more than its usual reason: the words must not tell a stranger's bot from
    // none.
    let reason = if reason.is_empty() || matches!(status, 403 | 404 | 500) {
        usual.to_owned()
    } else {
        reason
    };
    let way_out = match status {
        401 => (paths::LOGIN, "Sign in"),
        _ => (paths::HOME, "Go to the start"),
    };
    view! {
        <section class="problem">
            <p class="problem-status" aria-hidden="true">
                {status}
            </p>
            <h1>{title}</h1>
            <p>{reason}</p>
            <p>{advice}</p>
            <div class="actions">
                <LinkButton href=way_out.0 kind=Kind::Primary>
                    {way_out.1}
                </LinkButton>
            </div>
            {request_id.map(|id| view! { <p class="small muted">"Request " <code>{id}</code></p> })}
        </section>
    }
}
