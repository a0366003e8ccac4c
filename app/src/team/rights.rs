//! `/w/rights`: what members may do with which bot.

use contract::team::Matrix;
use domain::rights::{Preset, Rights};
use leptos::prelude::*;

use super::{OnBot, team_page};
use crate::{paths, ui::*};

/// Members by bots. Each row is a form of its own, worked with the keyboard like any other.
#[component]
pub(crate) fn RightsPage() -> impl IntoView {
    team_page(paths::RIGHTS, "Rights", |visit| async move {
        let Matrix { bots, members } = visit.backend.team.matrix(&visit.cx).await?;
        if members.is_empty() || bots.is_empty() {
            let sentence = if bots.is_empty() {
                "Connect a bot first; then you say here who may do what with it."
            } else {
                "Owners and admins may do everything. Whoever is invited as a member stands here, bot by bot."
            };
            return Ok(view! {
                <Empty glyph=Glyph::Users title="Nothing to grant yet" sentence>
                    <LinkButton href=paths::MEMBERS kind=Kind::Primary>
                        "Invite somebody"
                    </LinkButton>
                </Empty>
            }
            .into_any());
        }
        let rows = members
            .into_iter()
            .map(|(user, name, rights)| {
                let title = name.clone();
                let cells = bots.iter().cloned().zip(rights).map(|((slug, bot), rights)| {
                    let (id, whose) = (format!("on-{slug}-{user}"), format!(", for {name}"));
                    view! { <Choice id slug bot whose rights /> }
                });
                let cells = cells.collect_view();
                view! {
                    <Card title>
                        <form class="form" method="post" action=paths::RIGHTS>
                            <input type="hidden" name="user" value=user.to_string() />
                            <div class="matrix">{cells}</div>
                            <div class="actions">
                                <Button kind=Kind::Primary>
                                    "Save" <span class="vh">{format!(" what {name} may do")}</span>
                                </Button>
                            </div>
                        </form>
                    </Card>
                }
            })
            .collect_view();
        Ok(view! {
            <p class="muted">
                "What is saved counts from the next click on, and is in the audit log. Owners and admins may do everything."
            </p>
            {rows}
        }
        .into_any())
    })
}

#[component]
fn Choice(id: String, slug: String, bot: String, whose: String, rights: Rights) -> impl IntoView {
    let now = match rights == Rights::NONE {
        true => Some(""),
        false => Preset::of(rights).map(Preset::as_str),
    };
    let as_now = format!("As now: {rights}");
    view! {
        <div class="matrix-cell">
            <label for=id.clone()>
                <bdi>{bot}</bdi>
                <span class="vh">{whose}</span>
            </label>
            <OnBot id slug now as_now />
        </div>
    }
}
