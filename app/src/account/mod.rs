//! `/account`: the viewer's own.

use contract::account::Session;
use leptos::prelude::*;

use crate::{
    frame::{Frame, Place},
    page::{Visit, page},
    paths,
    second_factor::TwoFactorLink,
    ui::*,
};

const COLUMNS: [Column; 4] = [
    Column::text("Browser"),
    Column::text("From"),
    Column::text("Signed in"),
    Column::text("Last seen"),
];

/// The account and where it is signed in.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    page(|visit| async move {
        let viewer = visit.viewer()?.clone();
        let sessions = visit.backend.account.sessions(&visit.cx).await?;
        Ok(view! {
            <Frame visit=visit.clone() title="Account" place=Place::Account>
                <PageHeader title="Account">
                    <PostButton action=paths::LOGOUT icon=Glyph::Out>
                        "Sign out"
                    </PostButton>
                </PageHeader>
                <Grid>
                    <Card title="You">
                        <Facts>
                            <Fact name="Name">
                                <bdi>{viewer.name}</bdi>
                            </Fact>
                            <Fact name="Email">{viewer.email}</Fact>
                            <Fact name="Time zone">{viewer.time_zone}</Fact>
                            <Fact name="Workspace">
                                <bdi>{viewer.workspace_name}</bdi>
                            </Fact>
                            <Fact name="Role">{viewer.role.as_str()}</Fact>
                        </Facts>
                    </Card>
                    <Card title="Look" lead="Remembered in this browser.">
                        <ThemeSwitch current=visit.theme next=paths::ACCOUNT />
                        <span class="keys-help" hidden>
                            <OpenButton target="keys" kind=Kind::Quiet>
                                "Keys for quick hands"
                            </OpenButton>
                        </span>
                    </Card>
                </Grid>
                <TwoFactorLink />
                <h2>"Where you are signed in"</h2>
                <Sessions visit sessions />
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Sessions(visit: Visit, sessions: Vec<Session>) -> impl IntoView {
    let rows = sessions
        .into_iter()
        .map(|session| {
            let (name, full) = (browser(&session.user_agent), session.user_agent);
            let (since, seen) = (visit.time(session.created_at), visit.time(session.last_seen_at));
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <span title=full>{name}</span>
                    </Cell>
                    <Cell column=COLUMNS[1]>
                        <span class="wrap-anywhere">{session.ip}</span>
                    </Cell>
                    <Cell column=COLUMNS[2]>{since}</Cell>
                    <Cell column=COLUMNS[3]>{seen}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="Browsers that are signed in" columns=&COLUMNS>
            {rows}
        </Table>
    }
}

/// A browser's description in three words, as far as it can be told.
fn browser(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_are_told_apart() {
        let cases = [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0",
                "Edge on Windows",
            ),
            ("curl/8.5", "Another program"),
            ("", "Another program"),
        ];
        for (agent, want) in cases {
            assert_eq!(browser(agent), want);
        }
    }
}
