//! Where one can go.

use contract::bots::BotFrame;
use leptos::prelude::*;

use super::{Place, Section};
use crate::{page::Visit, paths, ui::*};

/// An entry of the navigation.
struct Entry {
    href: String,
    name: &'static str,
    glyph: Glyph,
    /// The letter that leads here after `g`.
    key: Option<&'static str>,
    /// `page` for the page itself, `true` for what contains it.
    current: Option<&'static str>,
}

impl Entry {
    fn new(href: impl Into<String>, name: &'static str, glyph: Glyph) -> Self {
        Self { href: href.into(), name, glyph, key: None, current: None }
    }

    fn key(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }

    fn here(self, is: bool) -> Self {
        Self { current: here(is), ..self }
    }
}

fn here(is: bool) -> Option<&'static str> {
    is.then_some("page")
}

fn main_entries(place: &Place, instance_admin: bool) -> Vec<Entry> {
    let mut bots = Entry::new(paths::BOTS, "Bots", Glyph::Bot).key("b").here(*place == Place::Bots);
    if matches!(place, Place::Bot(..)) {
        bots.current = Some("true");
    }
    let mut entries = vec![
        Entry::new(paths::HOME, "Overview", Glyph::Home).key("h").here(*place == Place::Overview),
        bots,
        Entry::new(paths::AUDIT, "Audit log", Glyph::Log).key("a").here(*place == Place::Audit),
        Entry::new(paths::MEMBERS, "Team", Glyph::Users).here(*place == Place::Workspace),
        Entry::new(paths::ACCOUNT, "Account", Glyph::Person).here(*place == Place::Account),
    ];
    if instance_admin {
        let here = *place == Place::Instance;
        entries.insert(4, Entry::new(paths::INSTANCE, "Instance", Glyph::Settings).here(here));
    }
    entries
}

fn bot_entries(bot: &BotFrame, section: Section) -> Vec<Entry> {
    use Section::{Broadcasts, Chats, Overview, Settings, Subscribers};
    let slug = &bot.slug;
    let people = Entry::new(paths::subscribers(slug), "Subscribers", Glyph::Users);
    let groups = Entry::new(paths::chats(slug), "Groups", Glyph::Group);
    let messages = Entry::new(paths::broadcasts(slug), "Broadcasts", Glyph::Send);
    vec![
        Entry::new(paths::bot(slug), "Overview", Glyph::Chart).here(section == Overview),
        people.key("s").here(section == Subscribers),
        groups.here(section == Chats),
        messages.key("c").here(section == Broadcasts),
        Entry::new(paths::settings(slug), "Settings", Glyph::Settings).here(section == Settings),
    ]
}

#[component]
fn Links(entries: Vec<Entry>) -> impl IntoView {
    entries
        .into_iter()
        .map(|Entry { href, name, glyph, key, current }| {
            view! {
                <li>
                    <a href=href aria-current=current data-key=key>
                        <Icon glyph />
                        <span>{name}</span>
                    </a>
                </li>
            }
        })
        .collect_view()
}

/// Beside the page on a desktop, a drawer on a phone: a popover either way, opened without scripts.
#[component]
pub(super) fn Sidebar(visit: Visit, place: Place) -> impl IntoView {
    let (person, address, workspace) = visit
        .cx
        .viewer
        .as_ref()
        .map(|viewer| (viewer.name.clone(), viewer.email.clone(), viewer.workspace_name.clone()))
        .unwrap_or_default();
    let instance_admin = visit.cx.viewer.as_ref().is_some_and(|viewer| viewer.instance_admin);
    let bot = match &place {
        Place::Bot(bot, section) => Some(view! {
            <p class="nav-title">{bot.name.clone()}</p>
            <ul class="nav" role="list">
                <Links entries=bot_entries(bot, *section) />
            </ul>
        }),
        _ => None,
    };
    let entries = main_entries(&place, instance_admin)
        .into_iter()
        .filter(|entry| entry.href != paths::ACCOUNT)
        .collect();
    view! {
        <nav class="sidebar" id="menu" popover="auto" aria-label="Main">
            <Brand />
            <div>
                <p class="nav-title">{workspace}</p>
                <ul class="nav" role="list">
                    <Links entries />
                </ul>
            </div>
            <div>{bot}</div>
            <div class="sidebar-foot">
                <a class="person" href=paths::ACCOUNT aria-current=here(place == Place::Account)>
                    <Avatar name=person.clone() />
                    <span>{person}</span>
                    <span>{address}</span>
                </a>
                <div class="split">
                    <ThemeSwitch current=visit.theme next=visit.here />
                    <form method="post" action=paths::LOGOUT>
                        <button
                            class="btn"
                            type="submit"
                            data-kind="quiet"
                            data-icon-only=""
                            aria-label="Sign out"
                            title="Sign out"
                        >
                            <Icon glyph=Glyph::Out />
                        </button>
                    </form>
                </div>
            </div>
        </nav>
    }
}

/// The places, under the thumb.
#[component]
pub(super) fn BottomBar(place: Place) -> impl IntoView {
    let links = main_entries(&place, false)
        .into_iter()
        .map(|Entry { href, name, glyph, current, .. }| {
            view! {
                <a href=href aria-current=current>
                    <Icon glyph />
                    {name}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="bottombar" aria-label="Places">
            {links}
        </nav>
    }
}

/// The pages of a bot, where the sidebar is not in sight.
#[component]
pub(super) fn Tabs(bot: BotFrame, section: Section) -> impl IntoView {
    let links = bot_entries(&bot, section)
        .into_iter()
        .map(|Entry { href, name, current, .. }| {
            view! {
                <li>
                    <a href=href aria-current=current>
                        {name}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs-of" aria-label=bot.name>
            <ul class="tabs" role="list">
                {links}
            </ul>
        </nav>
    }
}
