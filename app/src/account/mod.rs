//! `/account`: the viewer's own.

use contract::account::Session;
use domain::browser;
use leptos::prelude::*;

use crate::{
    frame::{Frame, Place},
    page::{Visit, page},
    paths,
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
            let (name, full) = (browser::describe(&session.user_agent), session.user_agent);
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
