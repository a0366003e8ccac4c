//! `/w/members`: who belongs to the workspace, and who is invited.

use contract::{
    auth::Again,
    cx::Viewer,
    team::{Invited, Link, Member, Team},
};
use domain::rights::Role;
use leptos::prelude::*;

use super::{OnBot, roles, team_page};
use crate::{page::Visit, paths, ui::*};

const MEMBERS: [Column; 4] = [
    Column::text("Person"),
    Column::text("Role"),
    Column::text("Second factor"),
    Column::text("Since"),
];
const OPEN: [Column; 4] =
    [Column::text("For"), Column::text("Role"), Column::text("Until"), Column::text("Change")];

/// The people of the workspace.
#[component]
pub(crate) fn MembersPage() -> impl IntoView {
    team_page(paths::MEMBERS, "Members", |visit| async move {
        let viewer = visit.viewer()?.clone();
        let Team { members, invited, bots } = visit.backend.team.team(&visit.cx).await?;
        let link = visit.extension::<Link>().map(|Link { url }| {
            view! {
                <Notice tone=Tone::Ok title="The invitation is ready">
                    "If you gave an address, a mail is on its way. You can also hand over the link yourself; it is shown only now."
                    <Copy text=url label="Copy the link" />
                </Notice>
            }
        });
        let looks_after = viewer.role != Role::Member;
        let people = members
            .into_iter()
            .map(|member| {
                let (visit, viewer) = (visit.clone(), viewer.clone());
                view! { <Person visit viewer member /> }
            })
            .collect_view();
        let invite = looks_after.then(|| {
            let visit = visit.clone();
            view! {
                <Open visit=visit.clone() invited />
                <Invite visit role=viewer.role bots />
            }
        });
        Ok(view! {
            {link}
            <Table caption="People of this workspace" columns=&MEMBERS>
                {people}
            </Table>
            {invite}
        }
        .into_any())
    })
}

#[component]
fn Person(visit: Visit, viewer: Viewer, member: Member) -> impl IntoView {
    let Member { user, name, email, role, joined_at, has_factor } = member;
    let is_me = user == viewer.user;
    let change = (!is_me && viewer.role.may_touch(role)).then(|| {
        let label = format!("Change {name}");
        let fresh = visit.cx.is_fresh();
        let proof = |form: &'static str, hint: &'static str| {
            let id = format!("{form}-again-{user}");
            (!fresh).then(|| {
                view! {
                    <div class="field">
                        <label for=id.clone()>"Your password"</label>
                        <input
                            class="input"
                            id=id
                            name=Again::FIELD
                            type="password"
                            autocomplete="current-password"
                        />
                        <p class="hint">{hint}</p>
                    </div>
                }
            })
        };
        let options = roles(viewer.role)
            .into_iter()
            .map(|(word, text)| {
                let selected = word == role.as_str();
                view! {
                    <option value=word selected=selected>
                        {text}
                    </option>
                }
            })
            .collect_view();
        let (id, shown) = (format!("role-{user}"), name.clone());
        let for_owners = (viewer.role == Role::Owner)
            .then(|| proof("role", "Asked for when somebody becomes an owner."));
        let for_sessions = proof("out", "Asked for once more before anybody is signed out.");
        view! {
            <details class="change">
                <summary>{label}</summary>
                <div class="stack">
                <form class="form" method="post" action=paths::ROLE>
                    <input type="hidden" name="user" value=user.to_string() />
                    <div class="field">
                        <label for=id.clone()>"Role"</label>
                        <select class="input" id=id name="role">
                            {options}
                        </select>
                    </div>
                    {for_owners}
                    <div class="actions">
                        <Button>"Save the role"</Button>
                    </div>
                </form>
                <form class="form" method="post" action=paths::SIGN_OUT_MEMBER>
                    <input type="hidden" name="user" value=user.to_string() />
                    {for_sessions}
                    <div class="actions">
                        <Button icon=Glyph::Out>
                            {format!("Sign {shown} out everywhere")}
                        </Button>
                    </div>
                </form>
                <form class="form" method="post" action=paths::REMOVE>
                    <input type="hidden" name="user" value=user.to_string() />
                    <div class="actions">
                        <Button kind=Kind::Danger icon=Glyph::Trash>
                            {format!("Remove {shown}")}
                        </Button>
                    </div>
                </form>
                </div>
            </details>
        }
    });
    let me = is_me.then(|| view! { <span class="muted">" (you)"</span> });
    let address = email.map(|email| view! { <div class="muted wrap-anywhere">{email}</div> });
    view! {
        <Row>
            <Cell column=MEMBERS[0] lead=true>
                <div class="stack" data-tight="">
                    <div>
                        <bdi>{name}</bdi>
                        {me}
                    </div>
                    {address}
                    {change}
                </div>
            </Cell>
            <Cell column=MEMBERS[1]>{role.as_str()}</Cell>
            <Cell column=MEMBERS[2]>{if has_factor { "on" } else { "off" }}</Cell>
            <Cell column=MEMBERS[3]>{visit.time(joined_at)}</Cell>
        </Row>
    }
}

#[component]
fn Open(visit: Visit, invited: Vec<Invited>) -> impl IntoView {
    if invited.is_empty() {
        return ().into_any();
    }
    let rows = invited
        .into_iter()
        .map(|Invited { id, email, role, expires_at }| {
            let whose = email.clone().unwrap_or_else(|| "Whoever holds the link".to_owned());
            let aloud = format!(" the invitation of {whose}");
            let until = visit.time(expires_at);
            let again = email.is_some().then(|| {
                let aloud = aloud.clone();
                view! {
                    <form method="post" action=paths::INVITATION_RESEND>
                        <input type="hidden" name="invitation" value=id.to_string() />
                        <Button kind=Kind::Quiet>
                            "Send again" <span class="vh">{aloud}</span>
                        </Button>
                    </form>
                }
            });
            view! {
                <Row>
                    <Cell column=OPEN[0] lead=true>
                        <span class="wrap-anywhere">{whose}</span>
                    </Cell>
                    <Cell column=OPEN[1]>{role.as_str()}</Cell>
                    <Cell column=OPEN[2]>{until}</Cell>
                    <Cell column=OPEN[3]>
                        <div class="actions">
                            {again}
                            <form method="post" action=paths::INVITATION_REVOKE>
                                <input type="hidden" name="invitation" value=id.to_string() />
                                <Button kind=Kind::Quiet>
                                    "Withdraw" <span class="vh">{aloud}</span>
                                </Button>
                            </form>
                        </div>
                    </Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <h2>"Invited"</h2>
        <Table caption="Invitations that are open" columns=&OPEN>
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
fn Invite(visit: Visit, role: Role, bots: Vec<(String, String)>) -> impl IntoView {
    let form = visit.form;
    let chosen = Some(form.value("role")).filter(|word| !word.is_empty());
    let chosen = chosen.unwrap_or_else(|| Role::Member.as_str().to_owned());
    let on = (!bots.is_empty()).then(|| {
        let rows = bots
            .into_iter()
            .map(|(slug, name)| {
                let typed = form.value(&format!("{}{slug}", contract::team::ON)).to_owned();
                let now = super::presets().map(|(word, _)| word).find(|word| *word == typed);
                let id = format!("on-{slug}");
                view! {
                    <div class="field">
                        <label for=id.clone()>
                            <bdi>{name}</bdi>
                        </label>
                        <OnBot id slug now=now.or(Some("")) />
                    </div>
                }
            })
            .collect_view();
        view! {
            <fieldset class="form">
                <legend>"What a member may do"</legend>
                {rows}
            </fieldset>
        }
    });
    view! {
        <Card
            title="Invite somebody"
            lead="They get a mail with a link that works once, for a week, with an account of that address. Without an address you get a link for whoever you give it to."
        >
            <form class="form" method="post" action=paths::INVITATIONS>
                <Field
                    label="Email"
                    name="email"
                    kind="email"
                    value=form.value("email")
                    error=form.error("email")
                    autocomplete="off"
                    maxlength=254
                />
                <Select
                    label="Role"
                    name="role"
                    options=roles(role)
                    value=chosen
                    error=form.error("role")
                />
                {on}
                <div class="actions">
                    <Button kind=Kind::Primary icon=Glyph::Mail>
                        "Invite"
                    </Button>
                </div>
            </form>
        </Card>
    }
}
