//! `/bots`.

use contract::bots::BotCard;
use domain::bot::Api;
use leptos::prelude::*;

use crate::{
    format::count,
    frame::{Frame, Place},
    home::FirstSteps,
    page::page,
    paths,
    ui::*,
};

const COLUMNS: [Column; 4] = [
    Column::text("Bot"),
    Column::text("State"),
    Column::number("New in 14 days"),
    Column::number("Active subscribers"),
];

/// The workspace's bots.
#[component]
pub(crate) fn BotsPage() -> impl IntoView {
    page(|visit| async move {
        visit.viewer()?;
        let bots = visit.backend.bots.list(&visit.cx).await?;
        let sandbox = visit.backend.bots.sandbox_offered();
        let content = if bots.is_empty() {
            view! { <FirstSteps sandbox once=visit.cx.request_id.clone() /> }.into_any()
        } else {
            view! { <List bots /> }.into_any()
        };
        Ok(view! {
            <Frame visit title="Bots" place=Place::Bots>
                <PageHeader title="Bots">
                    <LinkButton href=paths::CONNECT kind=Kind::Primary icon=Glyph::Plus>
                        "Connect a bot"
                    </LinkButton>
                </PageHeader>
                {content}
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn List(bots: Vec<BotCard>) -> impl IntoView {
    let rows = bots
        .into_iter()
        .map(|bot| {
            let state = match (bot.trouble.is_some(), bot.api) {
                (false, _) if bot.read_only => {
                    view! { <Badge tone=Tone::Warn label="Read-only" /> }
                }
                (true, _) => view! { <Badge tone=Tone::Warn label="Needs a look" /> },
                (false, Api::Telegram) => view! { <Badge tone=Tone::Ok label="Connected" /> },
                (false, Api::Sandbox) => view! { <Badge tone=Tone::Brand label="Sandbox" /> },
            };
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <RowLink href=paths::bot(&bot.slug)>
                            <Who name=bot.name detail=format!("@{}", bot.slug) />
                        </RowLink>
                    </Cell>
                    <Cell column=COLUMNS[1]>{state}</Cell>
                    <Cell column=COLUMNS[2]>{count(bot.growth.iter().sum())}</Cell>
                    <Cell column=COLUMNS[3]>{count(bot.active)}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="Bots" columns=&COLUMNS>
            {rows}
        </Table>
    }
}
