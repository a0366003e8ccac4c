//! Whom a broadcast goes to: how that reads, and the form that changes it.

use contract::broadcasts::{Addressees, Again};
use domain::broadcast::{Audience, MOST_CHOSEN, Recipients};
use leptos::prelude::*;

use super::confirm::Look;
use crate::{
    chats::{StandingBadge, address, kind},
    format::{count, counted},
    ui::*,
};

/// `12,345 people`, `3 groups and channels`.
pub(super) fn counted_as(to: Audience, many: u64) -> String {
    match to {
        Audience::Subscribers => counted(many, "person", "people"),
        Audience::Chats | Audience::Chosen => {
            counted(many, "group or channel", "groups and channels")
        }
        Audience::Both => counted(many, "person or group", "people, groups and channels"),
    }
}

/// Who that is, behind their number and before the bot's name.
pub(super) const fn described(to: Audience) -> &'static str {
    match to {
        Audience::Subscribers => "everyone active in ",
        Audience::Chats => "all that are open to ",
        Audience::Both => "everyone active in, and every group and channel open to, ",
        Audience::Chosen => "chosen by name for ",
    }
}

/// Who that will be, for what waits for its time.
pub(super) const fn then(to: Audience) -> &'static str {
    match to {
        Audience::Subscribers => "everybody who is subscribed at that time",
        Audience::Chats => "every group and channel where the bot may write at that time",
        Audience::Both => {
            "everybody who is subscribed at that time, and every group and channel where the bot may write then"
        }
        Audience::Chosen => {
            "the groups and channels that were chosen, as far as the bot is there at that time"
        }
    }
}

const fn option(to: Audience) -> &'static str {
    match to {
        Audience::Subscribers => "Subscribers",
        Audience::Chats => "All groups and channels",
        Audience::Both => "Subscribers, groups and channels",
        Audience::Chosen => "Groups and channels that I tick",
    }
}

/// The form. Closed until somebody wants it: nearly all broadcasts go to people.
#[component]
pub(super) fn Addressing(look: Look, addressees: Addressees) -> impl IntoView {
    let form = look.visit.form.clone();
    let came_back = form.values.contains_key("audience");
    let Addressees { to: Recipients { audience, chosen }, chats, is_cut } = addressees;
    let value = match came_back {
        true => form.value("audience"),
        false => audience.as_str().to_owned(),
    };
    let options =
        Audience::ALL.iter().map(|one| (one.as_str().to_owned(), option(*one).to_owned()));
    let none = chats.is_empty().then(|| {
        view! {
            <p class="muted">
                "The bot is in no group or channel yet. Add it to one in Telegram, and it can be chosen here."
            </p>
        }
    });
    let ticks = chats
        .into_iter()
        .map(|chat| {
            let name = format!("{}{}", Again::TO, chat.chat);
            let id = format!("f-{name}");
            let checked = match came_back {
                true => form.values.contains_key(&name),
                false => chosen.contains(&chat.chat),
            };
            let hint = format!("{} · {}", kind(chat.kind), address(&chat));
            let silent = (chat.standing != domain::chat::Standing::Writable)
                .then(|| view! { <StandingBadge standing=chat.standing /> });
            view! {
                <div class="check">
                    <input id=id.clone() name=name type="checkbox" checked=checked />
                    <label for=id>
                        <bdi>{chat.title}</bdi>
                        " "
                        {silent}
                    </label>
                    <p class="hint">{hint}</p>
                </div>
            }
        })
        .collect_view();
    let list = none.is_none().then(|| {
        view! {
            <fieldset class="stack" data-tight="">
                <legend class="label">"To tick"</legend>
                {ticks}
                {is_cut
                    .then(|| {
                        view! {
                            <p class="muted">
                                {format!(
                                    "The first {} by name. Beyond that, send to all of them.",
                                    count(MOST_CHOSEN as u64),
                                )}
                            </p>
                        }
                    })}
            </fieldset>
        }
    });
    view! {
        <Card title="Who gets it" id="who">
        <details open=came_back>
            <summary>"Subscribers, groups, channels"</summary>
            <form class="form" method="post" action=look.action("recipients")>
                <input type="hidden" name="if_unmodified_since" value=look.draft.version.clone() />
                <Select
                    label="Send it to"
                    name="audience"
                    options=options.collect()
                    value
                    error=form.error("audience")
                    hint="Who that is, is settled when it begins."
                />
                {none}
                {list}
                <div class="actions">
                    <Button icon=Glyph::Users>"Save who gets it"</Button>
                </div>
            </form>
        </details>
        </Card>
    }
}
