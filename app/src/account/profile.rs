//! `/account`: name, time zone, look.

use contract::cx::Viewer;
use leptos::prelude::*;

use super::account_page;
use crate::{page::Visit, paths, ui::*, zones::zones};

/// Who one is here.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    let done = &[(
        "kept",
        "Welcome back: your account stays. Bots that were disconnected can be connected again.",
    )];
    account_page(paths::ACCOUNT, "Account", done, |visit| async move {
        let viewer = visit.viewer()?.clone();
        Ok(view! {
            <Grid>
                <You visit=visit.clone() viewer=viewer.clone() />
                <div class="stack">
                    <Card title="Where you are">
                        <Facts>
                            <Fact name="Email">
                                <span class="wrap-anywhere">{viewer.email}</span>
                            </Fact>
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
                </div>
            </Grid>
        }
        .into_any())
    })
}

#[component]
fn You(visit: Visit, viewer: Viewer) -> impl IntoView {
    let form = visit.form;
    let typed = |field: &str, saved: String| form.values.get(field).cloned().unwrap_or(saved);
    let (name, zone) = (typed("name", viewer.name), typed("time_zone", viewer.time_zone));
    view! {
        <Card title="You">
            <form class="form" method="post" action=paths::ACCOUNT>
                <Field
                    label="Your name"
                    name="name"
                    value=name
                    error=form.error("name")
                    autocomplete="name"
                    maxlength=80
                    required=true
                />
                <Select
                    label="Time zone"
                    name="time_zone"
                    options=zones(&zone)
                    value=zone
                    error=form.error("time_zone")
                    hint="Times are shown in it, here and in mail."
                />
                <div class="actions">
                    <Button kind=Kind::Primary>"Save"</Button>
                </div>
            </form>
        </Card>
    }
}
