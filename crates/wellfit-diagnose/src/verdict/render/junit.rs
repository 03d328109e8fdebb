//! JUnit's XML: a test case a run. A run that is undecided is a skipped test, what could not
//! be read one with an error.

use super::{Show, Unread};
use crate::verdict::{Kind, Verdict};

pub fn junit(verdicts: &[Verdict], unread: &[Unread], show: Show) -> String {
    let failed = verdicts.iter().filter(|verdict| show.fails(verdict)).count();
    let skipped = verdicts.iter().filter(|verdict| skips(verdict, show)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{failed}\" errors=\"{}\" skipped=\"{skipped}\"",
        verdicts.len() + unread.len(),
        unread.len()
    );
    let judged = verdicts.iter().map(|verdict| case(verdict, show));
    let cases: String = judged.chain(unread.iter().map(errored)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wellfit\" {counts}>\n  \
         <testsuite name=\"wellfit diagnose\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn skips(verdict: &Verdict, show: Show) -> bool {
    verdict.kind == Kind::Undecided && !show.fails(verdict)
}

fn head(name: &str) -> String {
    let name = escaped(name);
    format!("    <testcase classname=\"wellfit.diagnose\" name=\"{name}\" time=\"0\"")
}

fn errored(Unread { name, message }: &Unread) -> String {
    let (head, message) = (head(name), escaped(message));
    format!("{head}>\n      <error type=\"unread\" message=\"{message}\"/>\n    </testcase>\n")
}

fn case(verdict: &Verdict, show: Show) -> String {
    let head = head(&verdict.name);
    let message = escaped(&verdict.headline);
    let details: String = verdict
        .findings
        .iter()
        .map(|finding| {
            let advice = show.advice(verdict, finding);
            format!("{}: {}\n  {advice}\n", finding.kind.name(), finding.evidence)
        })
        .collect();
    let details = escaped(&details);
    if show.fails(verdict) {
        let kind = verdict.kind.name();
        format!(
            "{head}>\n      <failure type=\"{kind}\" message=\"{message}\">{details}</failure>\n    \
             </testcase>\n"
        )
    } else if skips(verdict, show) {
        format!("{head}>\n      <skipped message=\"{message}\"/>\n    </testcase>\n")
    } else {
        format!("{head}>\n      <system-out>{message}\n{details}</system-out>\n    </testcase>\n")
    }
}

/// Text as XML, in an element or in quotes; characters that XML 1.0 does not have become
/// question marks.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => {
                out.push(c);
            }
            _ => out.push('?'),
        }
    }
    out
}
