//! The backup codes, this once.

use contract::second_factor::BackupCodes;
use leptos::prelude::*;

use crate::{paths, ui::*};

/// The codes to copy, to keep as a file, and to print. The file lies in the page itself, so nothing that
/// shows them again has to be there.
#[component]
pub(super) fn Codes(codes: BackupCodes) -> impl IntoView {
    let text = codes.codes.join("\n");
    let file = format!(
        "Gannet backup codes. Each works once, in the place of a code of your authenticator app.\n\n{text}\n"
    );
    let href = format!("data:text/plain;charset=utf-8,{}", paths::encoded(&file));
    view! {
        <Notice tone=Tone::Warn title="You see these codes now, and never again">
            "Each lets you in once when your phone is lost or broken. Keep them where you find them without it."
        </Notice>
        <Card title="Your backup codes">
            <div class="backup-codes">
                <Copy text label="Copy the codes" />
            </div>
            <div class="actions">
                <a class="btn" href=href download="gannet-backup-codes.txt">
                    <Icon glyph=Glyph::Download />
                    "Keep as a file"
                </a>
                <Print />
                <LinkButton href=paths::TWO_FACTOR kind=Kind::Primary>
                    "I have kept them"
                </LinkButton>
            </div>
        </Card>
    }
}
