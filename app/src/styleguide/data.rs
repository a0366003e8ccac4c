//! Rows and figures.

use leptos::prelude::*;

use super::Specimen;
use crate::ui::*;

const COLUMNS: [Column; 4] = [
    Column::text("Person"),
    Column::text("Status"),
    Column::text("Source"),
    Column::number("Messages"),
];

#[component]
pub(super) fn Data(mark: &'static str) -> impl IntoView {
    let days = [3, 5, 4, 8, 13, 9, 7, 12, 18, 16, 21, 30, 26, 41];
    let points = days
        .iter()
        .enumerate()
        .map(|(at, &value)| Point { label: format!("{} Nov", at + 8), value })
        .collect();
    view! {
        <Specimen name="Stats">
            <Stats>
                <Stat label="Active" value="12,345" note="+41 today" />
                <Stat label="Unsubscribed" value="12" />
                <Stat label="Sent" value="99 %" tone=Tone::Ok />
                <Stat label="Blocked" value="310" tone=Tone::Bad note="2 % of all" />
            </Stats>
        </Specimen>
        <Specimen name="Table and pager">
            <Table caption="People" columns=&COLUMNS>
                <People />
            </Table>
            <Pager
                summary=format!("3 people, {mark}")
                first=Some("#top".into())
                back=Some("#top".into())
                next=Some("#top".into())
            />
        </Specimen>
        <Specimen name="Charts">
            <Sparkline values=days.to_vec() label="New subscribers, 14 days" />
            <Sparkline values=vec![0; 14] label="Nothing yet" />
            <BarChart label="New subscribers, 14 days" key="Day" unit="New subscribers" points />
            <Parts
                label="What became of it"
                parts=vec![
                    Part {
                        label: "Sent",
                        value: 9_430,
                        mark: "mark-ok",
                    },
                    Part {
                        label: "Blocked",
                        value: 310,
                        mark: "mark-warn",
                    },
                    Part {
                        label: "Failed",
                        value: 120,
                        mark: "mark-bad",
                    },
                    Part {
                        label: "Unknown",
                        value: 0,
                        mark: "mark-muted",
                    },
                ]
            />
        </Specimen>
        <Specimen name="Progress">
            <Progress
                label="Sending"
                done=3_210
                total=10_000
                detail="29.8 a second · 3 min 48 s left"
            />
            <Progress label="Sending" done=3_210 total=10_000 state="paused" detail="paused" />
            <Progress label="Sending" done=10_000 total=10_000 state="done" detail="done" />
            <Meter label="Subscribers of your plan" used=810 limit=1_000 />
        </Specimen>
    }
}

#[component]
fn People() -> impl IntoView {
    let rows = [
        ("Ann Lee", "@annlee", Tone::Ok, "active"),
        ("Борис", "62000001", Tone::Bad, "blocked"),
        ("مريم", "@maryam", Tone::Warn, "paused"),
    ];
    rows.map(|(name, detail, tone, status)| {
        view! {
            <Row>
                <Cell column=COLUMNS[0] lead=true>
                    <RowLink href="#top">
                        <Who name detail />
                    </RowLink>
                </Cell>
                <Cell column=COLUMNS[1]>
                    <Badge tone label=status />
                </Cell>
                <Cell column=COLUMNS[2]>
                    <code>"spring"</code>
                </Cell>
                <Cell column=COLUMNS[3]>"12"</Cell>
            </Row>
        }
    })
    .collect_view()
}
