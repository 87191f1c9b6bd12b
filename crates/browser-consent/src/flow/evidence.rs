//! What is kept of a page on which it went wrong.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tool_edge::private_file;

use crate::flow::act::Flow;
use crate::flow::picture::picture;
use crate::page::field;
use crate::page::locate;
use crate::problem::Problem;

const TIME: Duration = Duration::from_secs(8);

/// Writes `browser-consent.json` and `browser-consent.png`; the folder, if there is anything in it now.
pub(crate) async fn keep(folder: &Path, flow: &mut Flow<'_>, problem: &Problem) -> Option<PathBuf> {
    let earlier = flow.picture.take();
    let picture = async {
        flow.read_console().await;
        match earlier {
            Some(it) => Some(it),
            None => {
                let email = flow.memory.past.name_for(&flow.memory.last.origin);
                picture(&mut flow.tab, email, &flow.request.redaction).await
            }
        }
    };
    // A browser that waits for a server answers nothing else meanwhile.
    let time = if matches!(problem, Problem::NoAnswer { .. }) { Duration::ZERO } else { TIME };
    let picture = tokio::time::timeout(time, picture).await.ok().flatten();
    let report = report(flow, problem);
    std::fs::create_dir_all(folder).ok()?;
    let mut is_any = false;
    if !flow.request.redaction.occurs_in(&report) {
        is_any |=
            private_file::write(&folder.join("browser-consent.json"), report.as_bytes()).is_ok();
    }
    if let Some(picture) = picture {
        is_any |= private_file::write(&folder.join("browser-consent.png"), &picture).is_ok();
    }
    is_any.then(|| folder.to_owned())
}

/// The page in facts and labels; no markup, no values, no query.
fn report(flow: &Flow<'_>, problem: &Problem) -> String {
    let page = &flow.memory.last;
    let clean = |text: &str| flow.request.redaction.clean(text, 200);
    let all = |lines: &[String]| lines.iter().map(|it| clean(it)).collect::<Vec<_>>();
    let score = |it: Result<locate::Score, &str>| match it {
        Ok(score) => json!({ "points": score.points }),
        Err(reason) => json!({ "veto": reason }),
    };
    let field = page.fields.iter().find(|it| field::is_password(it)).or(page.fields.first());
    let buttons = page.buttons.iter().map(|it| {
        json!({
            "label": clean(&it.label),
            "name": clean(&it.attribute),
            "id": clean(&it.id),
            "disabled": it.disabled,
            "approve": score(locate::approve_score(page, it, &flow.memory.past.names)),
            "login": field.map(|field| score(locate::login_score(page, it, field))),
        })
    });
    let fields = page.fields.iter().map(|it| {
        json!({ "kind": it.kind, "name": clean(&it.attribute), "id": clean(&it.id), "label": clean(&it.label), "disabled": it.disabled })
    });
    let boxes = page.boxes.iter().map(|it| json!({ "label": clean(&it.label), "name": clean(&it.attribute), "checked": it.checked }));
    let frames = page.frames.iter().map(|it| clean(&it.address));
    let report = json!({
        "problem": clean(&problem.to_string()),
        "address": clean(&page.address),
        "status": page.status,
        "title": clean(&page.title),
        "heading": clean(&page.heading),
        "kind": flow.kind.name(),
        "alerts": all(&page.alerts),
        "notes": all(&page.notes),
        "live": all(&page.live),
        "fields": fields.collect::<Vec<_>>(),
        "boxes": boxes.collect::<Vec<_>>(),
        "buttons": buttons.collect::<Vec<_>>(),
        "frames": frames.collect::<Vec<_>>(),
        "console": all(&flow.memory.console),
        "trail": flow.trail,
    });
    format!("{report:#}\n")
}
