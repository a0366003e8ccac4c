//! `/bots/{slug}/chats`: groups and channels that the bot is in.

use contract::{bots::BotFrame, chats::Chat, page::Page};
use domain::chat::{Kind, Standing};
use leptos::prelude::*;

use crate::{
    bots::bot_page,
    format::{capital, counted},
    frame::Section,
    page::Visit,
    paths, trail,
    ui::*,
};

const COLUMNS: [Column; 5] = [
    Column::text("Name"),
    Column::text("Kind"),
    Column::text("May write"),
    Column::text("Why not"),
    Column::text("Since"),
];

/// What a broadcast can reach beside people.
#[component]
pub(crate) fn ChatsPage() -> impl IntoView {
    bot_page(Section::Chats, |visit, bot| async move {
        let after = visit.asked("after");
        let chats = visit.backend.chats.list(&visit.cx, bot.slug.as_str(), &after).await?;
        let content = view! { <Chats visit bot after chats /> };
        Ok(("Groups and channels".to_owned(), content.into_any()))
    })
}

#[component]
fn Chats(visit: Visit, bot: BotFrame, after: String, chats: Page<Chat>) -> impl IntoView {
    let content = match chats.rows.is_empty() && after.is_empty() {
        true => view! { <None bot /> }.into_any(),
        false => view! { <List visit bot after chats /> }.into_any(),
    };
    view! {
        <PageHeader
            title="Groups and channels"
            lead="Where the bot is, the newest first. A broadcast can go to them as well as to people, or to them alone."
        />
        {content}
    }
}

#[component]
fn None(bot: BotFrame) -> impl IntoView {
    view! {
        <Empty
            glyph=Glyph::Group
            title="In no group or channel yet"
            sentence="Add the bot to a group, or make it an administrator of a channel: it stands here from then on."
        >
            <LinkButton href=paths::broadcasts(&bot.slug)>"Back to the broadcasts"</LinkButton>
        </Empty>
    }
}

#[component]
fn List(visit: Visit, bot: BotFrame, after: String, chats: Page<Chat>) -> impl IntoView {
    let links = trail::links(
        &paths::chats(&bot.slug),
        &[],
        &after,
        &visit.asked("trail"),
        chats.next.as_deref(),
    );
    let summary = counted(chats.rows.len() as u64, "chat on this page", "chats on this page");
    let is_some_muted = chats.rows.iter().any(|chat| chat.standing == Standing::Muted);
    let muted = is_some_muted.then(|| {
        view! {
            <Notice>
                "Broadcasts to all groups and channels leave out where the bot may not write. Give it the right in Telegram;
                or tick such a group by name in a broadcast, and it is tried again."
            </Notice>
        }
    });
    let rows = chats
        .rows
        .into_iter()
        .map(|chat| {
            let since = visit.time(chat.since);
            let detail = address(&chat);
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <Who name=chat.title detail />
                    </Cell>
                    <Cell column=COLUMNS[1]>{capital(kind(chat.kind))}</Cell>
                    <Cell column=COLUMNS[2]>
                        <StandingBadge standing=chat.standing />
                    </Cell>
                    <Cell column=COLUMNS[3]>
                        <span>{chat.reason.unwrap_or_else(|| "–".to_owned())}</span>
                    </Cell>
                    <Cell column=COLUMNS[4]>{since}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        {muted}
        <Table caption="Groups and channels" columns=&COLUMNS>
            {rows}
        </Table>
        <Pager summary first=links.first back=links.back next=links.next />
    }
}

/// `@name`, or the number.
pub(crate) fn address(chat: &Chat) -> String {
    match &chat.username {
        Some(username) => format!("@{username}"),
        Option::None => format!("#{}", chat.chat),
    }
}

/// What it is, in people's words: that a group can be of two kinds matters to Telegram alone.
pub(crate) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Group | Kind::Supergroup => "group",
        Kind::Channel => "channel",
    }
}

/// Whether the bot can write there.
#[component]
pub(crate) fn StandingBadge(standing: Standing) -> impl IntoView {
    let (tone, label) = match standing {
        Standing::Writable => (Tone::Ok, "yes"),
        Standing::Muted => (Tone::Warn, "no right"),
        Standing::Gone => (Tone::Bad, "not there"),
    };
    view! { <Badge tone label /> }
}
