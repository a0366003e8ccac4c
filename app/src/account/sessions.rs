//! `/account/sessions`: where the viewer is signed in, and what happened lately.

use contract::account::{Occasion, Session};
use domain::browser;
use leptos::prelude::*;

use super::account_page;
use crate::{page::Visit, paths, ui::*};

const BROWSERS: [Column; 5] = [
    Column::text("Browser"),
    Column::text("From"),
    Column::text("Signed in"),
    Column::text("Last seen"),
    Column::text("Sign out"),
];

const LINES: [Column; 4] = [
    Column::text("What happened"),
    Column::text("Browser"),
    Column::text("From"),
    Column::text("When"),
];

/// Browsers that are signed in, and 30 days of the account's history.
#[component]
pub(crate) fn SessionsPage() -> impl IntoView {
    let done = &[
        ("revoked", "That browser is signed out: it is out on its next click."),
        ("revoked-others", "All other browsers are signed out."),
    ];
    account_page(paths::ACCOUNT_SESSIONS, "Sessions", done, |visit| async move {
        let sessions = visit.backend.account.sessions(&visit.cx).await?;
        let history = visit.backend.account.history(&visit.cx).await?;
        let others = sessions.iter().any(|session| !session.is_this).then(|| {
            view! {
                <PostButton action=paths::REVOKE_OTHERS kind=Kind::Danger icon=Glyph::Out>
                    "Sign out all others"
                </PostButton>
            }
        });
        Ok(view! {
            <h2>"Where you are signed in"</h2>
            <Browsers visit=visit.clone() sessions />
            {others}
            <h2>"The last 30 days"</h2>
            <p class="muted">
                "Something here was not you? "
                <a href=paths::ACCOUNT_PASSWORD>"Change your password"</a>
                ": that signs out everybody else."
            </p>
            <History visit history />
        }
        .into_any())
    })
}

#[component]
fn Browsers(visit: Visit, sessions: Vec<Session>) -> impl IntoView {
    let rows = sessions
        .into_iter()
        .map(|session| {
            let (since, seen) = (visit.time(session.created_at), visit.time(session.last_seen_at));
            let name = browser::describe(&session.user_agent);
            let aloud = format!(" {name}");
            let end = if session.is_this {
                view! { <span class="muted">"This one"</span> }.into_any()
            } else {
                view! {
                    <form method="post" action=paths::REVOKE>
                        <input type="hidden" name="session" value=session.name />
                        <Button kind=Kind::Quiet>
                            "Sign out" <span class="vh">{aloud}</span>
                        </Button>
                    </form>
                }
                .into_any()
            };
            view! {
                <Row>
                    <Cell column=BROWSERS[0] lead=true>
                        <span title=session.user_agent>{name}</span>
                    </Cell>
                    <Cell column=BROWSERS[1]>
                        <From ip=session.ip country=session.country />
                    </Cell>
                    <Cell column=BROWSERS[2]>{since}</Cell>
                    <Cell column=BROWSERS[3]>{seen}</Cell>
                    <Cell column=BROWSERS[4]>{end}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="Browsers that are signed in" columns=&BROWSERS>
            {rows}
        </Table>
    }
}

/// An address, and the country it is in.
#[component]
fn From(ip: String, country: Option<String>) -> impl IntoView {
    let country = country.map(|country| view! { <span class="muted">{country}</span> });
    view! {
        <span>
            <span class="wrap-anywhere">{ip}</span>
            {" "}
            {country}
        </span>
    }
}

#[component]
fn History(visit: Visit, history: Vec<Occasion>) -> impl IntoView {
    let rows = history
        .into_iter()
        .map(|occasion| {
            let at = visit.time(occasion.at);
            let is_browser = !occasion.ip.is_empty();
            let (name, from) = match is_browser {
                true => (browser::describe(&occasion.user_agent), occasion.ip),
                false => ("–".to_owned(), "–".to_owned()),
            };
            let country = occasion.country;
            let what = match occasion.refused {
                true => view! { <strong>{occasion.what}</strong> }.into_any(),
                false => view! { <span>{occasion.what}</span> }.into_any(),
            };
            view! {
                <Row>
                    <Cell column=LINES[0] lead=true>{what}</Cell>
                    <Cell column=LINES[1]>
                        <span title=occasion.user_agent>{name}</span>
                    </Cell>
                    <Cell column=LINES[2]>
                        <From ip=from country />
                    </Cell>
                    <Cell column=LINES[3]>{at}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="What happened to your account" columns=&LINES>
            {rows}
        </Table>
    }
}
