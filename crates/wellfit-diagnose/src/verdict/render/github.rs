//! Annotations of a GitHub workflow, as in
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use super::{Show, Unread};
use crate::verdict::{Kind, Verdict};

pub fn annotations(verdicts: &[Verdict], unread: &[Unread], show: Show) -> String {
    let judged = verdicts.iter().map(|verdict| annotation(verdict, show));
    let unread =
        unread.iter().map(|Unread { name, message }| line("error", name, "unread", message));
    judged.chain(unread).collect()
}

/// One line a run: an error where it fails the gate, a warning where there is something to
/// mend, else a notice.
fn annotation(verdict: &Verdict, show: Show) -> String {
    let level = match verdict.kind {
        _ if show.gate.is_some() && show.fails(verdict) => "error",
        Kind::Overfit | Kind::Underfit | Kind::Diverged => "warning",
        Kind::Healthy | Kind::Undecided => "notice",
    };
    let findings = verdict.findings.iter().map(|finding| {
        let advice = show.advice(verdict, finding);
        format!("\n{}: {}\n→ {advice}", finding.kind.name(), finding.evidence)
    });
    let message = verdict.headline.clone() + &findings.collect::<String>();
    line(level, &verdict.name, verdict.kind.name(), &message)
}

fn line(level: &str, name: &str, title: &str, message: &str) -> String {
    let title = format!("wellfit: {title}");
    format!("::{level} file={},title={}::{}\n", property(name), property(&title), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
