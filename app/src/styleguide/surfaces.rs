//! What content lies on, and the small marks on it.

use domain::markup;
use leptos::prelude::*;

use super::Specimen;
use crate::ui::*;

const MESSAGE: &str = "**Spring is here** 🌱\n\nEverything __minus 20 %__ until Sunday, ~~50 €~~ 40 €.\n\
    > What people say: ||the best socks ever||\nUse `SPRING20` in [our shop](https://shop.example).\n```\nopen daily 9–18\n```";

#[component]
pub(super) fn Surfaces(mark: &'static str) -> impl IntoView {
    // A page has one path to it.
    let crumbs =
        if mark == "light" { vec![("#top".to_owned(), "Bots".to_owned())] } else { Vec::new() };
    view! {
        <Specimen name="Page header and steps">
            <PageHeader
                title="Acme Shop"
                lead="Connected by long polling. Everything is well."
                crumbs=crumbs
                mark=view! { <Badge tone=Tone::Brand label="Sandbox" /> }.into_any()
            >
                <LinkButton href="#top" kind=Kind::Primary icon=Glyph::Plus>
                    "New broadcast"
                </LinkButton>
            </PageHeader>
            <Steps names=vec!["Token", "Look", "Done"] current=1 />
        </Specimen>
        <Specimen name="Card and facts">
            <Card
                title="Connection"
                lead="How Telegram reaches us."
                aside=view! { <Badge tone=Tone::Ok label="All well" /> }.into_any()
            >
                <Facts>
                    <Fact name="Last update">
                        <Time
                            datetime="2026-11-21T14:05:00Z"
                            text="Today, 14:05"
                            title="Saturday, 21 November 2026, 14:05:00 UTC"
                        />
                    </Fact>
                    <Fact name="Waiting">"0"</Fact>
                </Facts>
            </Card>
            <Card title="Disconnect" danger=true>
                <p>"Takes the bot out of Gannet."</p>
            </Card>
        </Specimen>
        <Specimen name="Badges, avatars">
            <div class="cluster">
                <Badge tone=Tone::Plain label="plain" />
                <Badge label="draft" />
                <Badge tone=Tone::Brand live=true label="sending" />
                <Badge tone=Tone::Ok label="done" />
                <Badge tone=Tone::Warn label="paused" />
                <Badge tone=Tone::Bad label="failed" />
            </div>
            <div class="cluster">
                <Avatar name="Ann Lee" size="large" />
                <Avatar name="Acme Shop" />
                <Avatar name="Жук" size="small" />
                <Who name="Ann Lee" detail="@annlee" />
            </div>
        </Specimen>
        <Specimen name="Notices">
            <Notice title="Good to know">"Messages go out at 30 a second."</Notice>
            <Notice tone=Tone::Ok>"All is well."</Notice>
            <Notice tone=Tone::Warn title="A webhook is held by another program">
                "Connecting takes it over."
            </Notice>
            <Notice tone=Tone::Bad title="Telegram refused the token">
                "Make a new one with BotFather: /token."
            </Notice>
            <Flash tone=Tone::Ok message="The draft was saved." />
        </Specimen>
        <Specimen name="Empty">
            <Empty
                glyph=Glyph::Send
                title="No broadcasts yet"
                sentence="Write one message and send it to everyone who pressed Start."
            >
                <LinkButton href="#top" kind=Kind::Primary icon=Glyph::Plus>
                    "Write the first one"
                </LinkButton>
                <LinkButton href="#top" kind=Kind::Quiet>
                    "How sending works"
                </LinkButton>
            </Empty>
        </Specimen>
        <Specimen name="Loading">
            <Skeleton lines=4 />
        </Specimen>
        <Specimen name="Message">
            <TelegramPreview
                message=markup::parse(MESSAGE)
                buttons=vec![
                    vec!["Open the shop".into(), "Not now".into()],
                    vec!["Pause for a week".into()],
                ]
            />
        </Specimen>
        <Specimen name="Navigation">
            <div class="card">
                <ul class="nav" role="list">
                    <li>
                        <a href="#top">
                            <Icon glyph=Glyph::Home />
                            <span>"Overview"</span>
                        </a>
                    </li>
                    <li>
                        <a href="#top" aria-current="true">
                            <Icon glyph=Glyph::Bot />
                            <span>"Bots"</span>
                        </a>
                    </li>
                    <li>
                        <a href="#top" aria-current="page">
                            <Icon glyph=Glyph::Send />
                            <span>"Broadcasts"</span>
                        </a>
                    </li>
                </ul>
                <nav aria-label=format!("Tabs, {mark}")>
                    <ul class="tabs" role="list">
                        <li>
                            <a href="#top">"Overview"</a>
                        </li>
                        <li>
                            <a href="#top" aria-current="page">
                                "Subscribers"
                            </a>
                        </li>
                        <li>
                            <a href="#top">"Broadcasts"</a>
                        </li>
                    </ul>
                </nav>
            </div>
        </Specimen>
    }
}
