//! docs/remedies.md says what the registry of remedies says.
//!
//! After a change of the registry:
//! `WELLFIT_WRITE_DOCS=1 cargo test -p wellfit-study --test remedies_page`

use std::fmt::Write;
use std::fs;
use std::path::Path;

use wellfit_study::remedy::{Default, Group, Parameter, REMEDIES, Remedy};

const HEAD: &str = "\
# Remedies

Every remedy that a study can try, from the program's own list: `wellfit remedies` prints the \
same, `wellfit remedies NAME` all of one. A test compares this page with the list.

A remedy changes a plan. In a study file it stands in an arm, alone or in a chain, which is \
applied in its order; where it has a strength, a range tries several:

```toml
[[study.arm]]
remedies = [\"dropout(0.5)\"]

[[study.arm]]
remedies = [\"batch-norm\", \"weight-decay(1e-3)\", \"early-stopping\"]

[[study.arm]]
remedies = [\"dropout(0.1..0.5, steps = 5)\"]
```

A remedy that is given twice counts as given once, with the later arguments; `smaller` and \
`shallower` change what is there, so that twice is more. One that a plan has no place for (a \
norm in a network without a hidden layer, smoothed labels where numbers are predicted) is an \
error that says why. What no remedy covers is a key of the plan: an arm's `set` changes any of \
them.

\"When it helps\" is experience, no promise. Whether it helps on your data is what a study \
measures.
";

#[test]
fn the_page_of_remedies_says_what_the_registry_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/remedies.md");
    let wanted = page();
    if std::env::var_os("WELLFIT_WRITE_DOCS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    for (line, (found, wanted)) in found.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(found, wanted, "docs/remedies.md, line {}", line + 1);
    }
    assert_eq!(found.lines().count(), wanted.lines().count(), "lines of docs/remedies.md");
}

fn page() -> String {
    let mut page = String::from(HEAD);
    for group in Group::ALL {
        let of = || REMEDIES.iter().filter(|remedy| remedy.group == group);
        let names: Vec<String> = of().map(|r| format!("[`{0}`](#{0})", r.name)).collect();
        let _ = write!(page, "\n- {}: {}", group.title(), names.join(", "));
    }
    page.push('\n');
    for group in Group::ALL {
        let _ = write!(page, "\n## {}\n", group.title());
        for remedy in REMEDIES.iter().filter(|remedy| remedy.group == group) {
            page.push_str(&section(remedy));
        }
    }
    page
}

fn section(remedy: &Remedy) -> String {
    let Remedy { name, meaning, formula, helps, source, usual, .. } = remedy;
    let mut text = format!("\n### {name}\n\n`{}` {meaning}.\n\n", remedy.signature());
    if !remedy.parameters.is_empty() {
        text.push_str("| argument | default | range and meaning |\n|---|---|---|\n");
        for (at, Parameter { name, kind, default, meaning }) in remedy.parameters.iter().enumerate()
        {
            let default = match default {
                Default::Required => "required".into(),
                Default::Absent(words) => (*words).to_owned(),
                Default::Is(value) => value.to_string(),
            };
            let strength = if remedy.strength == Some(at) { "; the strength" } else { "" };
            let kind = kind.range();
            let _ = writeln!(text, "| `{name}` | {default} | {kind}: {meaning}{strength} |");
        }
        text.push('\n');
    }
    let range = match remedy.range {
        Some(range) => format!("; several strengths: `\"{range}\"`"),
        None => String::new(),
    };
    let _ = write!(
        text,
        "- **Computes:** {formula}\n- **To begin with:** `\"{usual}\"`{range}\n- **Helps:** \
         {helps}.\n- **Source:** {}\n",
        linked(source)
    );
    text
}

/// Addresses as links.
fn linked(source: &str) -> String {
    let link = |word: &str| match word.strip_prefix("https://") {
        Some(_) => {
            let address = word.trim_end_matches([';', ',']);
            format!("<{address}>{}", &word[address.len()..])
        }
        None => word.to_owned(),
    };
    source.split(' ').map(link).collect::<Vec<_>>().join(" ")
}
