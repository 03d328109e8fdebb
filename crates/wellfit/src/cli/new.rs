//! `wellfit new DATA`

use std::path::Path;

use wellfit::data::Places;
use wellfit::proposal::Want;
use wellfit::write_file;

use super::arguments::NewArguments;
use super::{Failure, print, proposed};

/// Data → a plan file with its reasons.
pub fn new(arguments: NewArguments) -> Result<(), Failure> {
    let NewArguments { data, target, study, out, places } = arguments;
    if data.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
        return Err(Failure::input(format!("{} is a plan, and data are wanted", data.display()))
            .hint("`wellfit study FILE` and `wellfit train FILE` run a plan"));
    }
    let want = if study { Want::Study } else { Want::Plan };
    let beside = out.as_deref().and_then(Path::parent).filter(|folder| *folder != Path::new(""));
    let places = Places::from_env(places.data_dir);
    let proposed = proposed::read(&data, &target, &places, beside, want)?;
    if let Some(column) = &proposed.guessed {
        print::note(&format!("target: {column:?} by its name; --target NAME takes another column"));
    }
    let flag = if study { " --study" } else { "" };
    let head = format!(
        "# What `wellfit new {}{flag}` proposes. Change what you like, then run it:\n\
         # `wellfit train FILE` trains it once, `wellfit study FILE` over several seeds{}.\n\n",
        proposed.again.replace('\n', " "),
        if study { ", and its arms" } else { "" },
    );
    let text = head + &proposed.proposal.text;
    let Some(out) = out else { return print::result(&text) };
    if out.exists() {
        return Err(Failure::input(format!("{} is there already", out.display()))
            .hint("name another file with --out FILE"));
    }
    write_file(&out, text.as_bytes())?;
    let command = if study { "study" } else { "train" };
    print::note(&format!(
        "{} is written; to run it: wellfit {command} {}",
        out.display(),
        out.display()
    ));
    Ok(())
}
