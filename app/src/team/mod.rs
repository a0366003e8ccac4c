//! The workspace: its name, its people, and what they may do.

mod approval;
mod ending;
mod export;
mod join;
mod members;
mod rights;
mod workspace;

use contract::{ClientError, team::ON};
use domain::rights::{Preset, Role};
use leptos::prelude::*;

use crate::{
    frame::{Frame, Place},
    page::{Visit, page},
    paths,
    ui::*,
};

pub(crate) use {
    export::ExportPage, join::JoinPage, members::MembersPage, rights::RightsPage,
    workspace::WorkspacePage,
};

/// One of the workspace's pages, called `title`, with the way to the others above it.
fn team_page<Fut>(
    address: &'static str,
    title: &'static str,
    make: impl FnOnce(Visit) -> Fut + Send + 'static,
) -> impl IntoView
where
    Fut: Future<Output = Result<AnyView, ClientError>> + Send + 'static,
{
    page(move |visit| async move {
        let viewer = visit.viewer()?.clone();
        let (errors, wait_secs) = (visit.form.errors.clone(), visit.form.wait_secs);
        let body = make(visit.clone()).await?;
        Ok(view! {
            <Frame visit title place=Place::Workspace>
                <PageHeader title lead=viewer.workspace_name />
                <nav aria-label="Workspace">
                    <ul class="tabs" role="list">
                        {links(address, viewer.role)}
                    </ul>
                </nav>
                <ErrorSummary errors wait_secs />
                {body}
            </Frame>
        }
        .into_any())
    })
}

fn links(address: &'static str, role: Role) -> impl IntoView {
    let mut pages = vec![(paths::MEMBERS, "Members")];
    if role != Role::Member {
        pages.push((paths::RIGHTS, "Rights"));
    }
    pages.push((paths::WORKSPACE, "Workspace"));
    // The export hangs from the page of the workspace.
    let address = if address == paths::EXPORT { paths::WORKSPACE } else { address };
    let link = |(href, name): (&'static str, &'static str)| {
        view! {
            <li>
                <a href=href aria-current=(href == address).then_some("page")>
                    {name}
                </a>
            </li>
        }
    };
    pages.into_iter().map(link).collect_view()
}

/// What may be chosen for a bot: nothing, or a preset.
fn presets() -> impl Iterator<Item = (&'static str, &'static str)> {
    let name = |preset: Preset| match preset {
        Preset::Viewer => "Viewer: looks",
        Preset::Editor => "Editor: writes drafts",
        Preset::Sender => "Sender: writes and sends",
        Preset::Manager => "Manager: all but the log",
        Preset::Auditor => "Auditor: looks, and reads the log",
        Preset::Full => "Everything",
    };
    let all = Preset::ALL.iter().map(move |&preset| (preset.as_str(), name(preset)));
    std::iter::once(("", "Nothing")).chain(all)
}

/// A bot's choice in a form, for a label with this `id`. `now` is the word that is chosen; none: rights
/// that are no preset, which stay unless another is chosen.
#[component]
fn OnBot(
    id: String,
    slug: String,
    #[prop(optional_no_strip)] now: Option<&'static str>,
    /// What the rights are that are no preset.
    #[prop(optional, into)]
    as_now: String,
) -> impl IntoView {
    let kept = now.is_none().then(|| {
        view! {
            <option value="as-now" selected=true>
                {as_now}
            </option>
        }
    });
    let options = presets()
        .map(|(word, name)| {
            view! {
                <option value=word selected=now == Some(word)>
                    {name}
                </option>
            }
        })
        .collect_view();
    view! {
        <select class="input" id=id name=format!("{ON}{slug}")>
            {kept}
            {options}
        </select>
    }
}

/// What a role is called, with what it means.
const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner: everything, and the workspace itself",
        Role::Admin => "Admin: every bot, and its people",
        Role::Member => "Member: what is granted, bot by bot",
    }
}

/// The roles that somebody in `mine` may give.
fn roles(mine: Role) -> Vec<(String, String)> {
    let may = |role: &&Role| mine.may_touch(**role);
    let option = |role: &Role| (role.as_str().to_owned(), role_name(*role).to_owned());
    Role::ALL.iter().rev().filter(may).map(option).collect()
}
