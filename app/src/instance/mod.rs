//! `/instance`: looking after the whole, for its admins.

mod log;
mod owners;

use contract::instance::Block;
use leptos::prelude::*;

use crate::{
    frame::{Frame, Place},
    page::{Visit, page},
    paths,
    ui::*,
};
use owners::Owners;

pub(crate) use log::LogPage;

const COLUMNS: [Column; 3] =
    [Column::text("Client"), Column::text("Until"), Column::text("Let in again")];

/// Who is shut out, and who may sign up.
#[component]
pub(crate) fn InstancePage() -> impl IntoView {
    page(|visit| async move {
        visit.viewer()?;
        let blocks = visit.backend.instance.blocks(&visit.cx).await?;
        let ownerless = visit.backend.instance.ownerless(&visit.cx).await?;
        let form = visit.form.clone();
        Ok(view! {
            <Frame visit=visit.clone() title="Instance" place=Place::Instance>
                <PageHeader
                    title="Instance"
                    lead="What concerns everybody on this Gannet. It gives you no right on anybody’s workspace."
                >
                    <LinkButton href=paths::INSTANCE_LOG icon=Glyph::Log>
                        "Log of the instance"
                    </LinkButton>
                </PageHeader>
                <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                <Card
                    title="Invite somebody to sign up"
                    lead="A mail brings a link that works for this address, for a week. Where sign-ups are open, nobody needs one."
                >
                    <form class="form" method="post" action=paths::INVITE>
                        <Field
                            label="Email"
                            name="email"
                            kind="email"
                            value=form.value("email")
                            error=form.error("email")
                            autocomplete="off"
                            maxlength=254
                            required=true
                        />
                        <div class="actions">
                            <Button kind=Kind::Primary icon=Glyph::Mail>
                                "Send the invitation"
                            </Button>
                        </div>
                    </form>
                </Card>
                <h2>"Shut out"</h2>
                <Blocks visit=visit.clone() blocks />
                <h2>"Workspaces without an owner"</h2>
                <Owners visit ownerless />
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Blocks(visit: Visit, blocks: Vec<Block>) -> impl IntoView {
    if blocks.is_empty() {
        return view! {
            <p class="muted">
                "Nobody. Whoever goes over a limit three times within a day is shut out for an hour, and stands here."
            </p>
        }
        .into_any();
    }
    let rows = blocks
        .into_iter()
        .map(|Block { client, until }| {
            let until = visit.time(until);
            let label = format!("Let {client} in again");
            let shown = client.clone();
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <code class="wrap-anywhere">{shown}</code>
                    </Cell>
                    <Cell column=COLUMNS[1]>{until}</Cell>
                    <Cell column=COLUMNS[2]>
                        <form method="post" action=paths::LIFT>
                            <input type="hidden" name="client" value=client />
                            <button class="btn" type="submit" aria-label=label>
                                "Let in"
                            </button>
                        </form>
                    </Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="Clients that are shut out" columns=&COLUMNS>
            {rows}
        </Table>
    }
    .into_any()
}

/// There is nothing to set up any more.
#[component]
fn SetUp(visit: Visit) -> impl IntoView {
    view! {
        <Frame visit title="Set up this Gannet" place=Place::Elsewhere>
            <PageHeader title="You look after this Gannet" />
            <div class="actions">
                <LinkButton href=paths::INSTANCE kind=Kind::Primary>
                    "Go to the instance"
                </LinkButton>
            </div>
        </Frame>
    }
}

/// Becoming the first admin.
#[component]
pub(crate) fn SetupPage() -> impl IntoView {
    page(|visit| async move {
        if visit.viewer()?.instance_admin {
            return Ok(view! { <SetUp visit /> }.into_any());
        }
        let (form, token) = (visit.form.clone(), visit.asked("token"));
        Ok(view! {
            <Frame visit title="Set up this Gannet" place=Place::Elsewhere>
                <PageHeader title="Set up this Gannet" />
                <Card
                    title="Become its admin"
                    lead="Nobody looks after this instance yet. Its admin lets clients in again that were shut out, and invites people to sign up."
                >
                    <form class="form" method="post" action=paths::SETUP>
                        <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                        <Field
                            label="Token from the log"
                            name="token"
                            value=token
                            error=form.error("token")
                            hint="Gannet printed it when it started."
                            autocomplete="off"
                            maxlength=64
                            required=true
                        />
                        <div class="actions">
                            <Button kind=Kind::Primary>"Become the admin"</Button>
                        </div>
                    </form>
                </Card>
            </Frame>
        }
        .into_any())
    })
}
