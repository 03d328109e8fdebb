//! Where figures go: tables in `judge.md`, everything in `judge.json`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::{Map, Value};

/// What any part of the benchmark may fail with.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The folder of the results.
pub struct Results {
    folder: PathBuf,
}

impl Results {
    /// In this folder, which is made when missing.
    pub fn new(folder: &Path) -> Result<Results, Failure> {
        fs::create_dir_all(folder)?;
        Ok(Results { folder: folder.to_owned() })
    }

    /// Puts a part's figures into `judge.json` and its tables into `judge.md`, in the
    /// place of what was there of the part.
    pub fn keep(&self, part: &str, figures: Value, tables: &str) -> Result<(), Failure> {
        let json = self.folder.join("judge.json");
        let mut all: Map<String, Value> = match fs::read_to_string(&json) {
            Ok(text) => serde_json::from_str(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(error.into()),
        };
        all.insert(part.to_owned(), figures);
        wellfit::write_file(
            &json,
            format!("{}\n", serde_json::to_string_pretty(&all)?).as_bytes(),
        )?;

        let page = self.folder.join("judge.md");
        let text = match fs::read_to_string(&page) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        wellfit::write_file(&page, replace(&text, part, tables).as_bytes())?;
        println!("{tables}");
        Ok(())
    }

    /// Writes another file of the results.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        Ok(wellfit::write_file(&self.folder.join(name), text.as_bytes())?)
    }
}

/// The page with the part's block replaced, or added at its end.
fn replace(page: &str, part: &str, block: &str) -> String {
    let (open, close) = (format!("<!-- judge:{part} -->"), format!("<!-- /judge:{part} -->"));
    let whole = format!("{open}\n\n{}\n\n{close}", block.trim());
    let found = page.find(&open).zip(page.find(&close)).filter(|(from, to)| from < to);
    match found {
        Some((from, to)) => format!("{}{whole}{}", &page[..from], &page[to + close.len()..]),
        None if page.is_empty() => format!("{whole}\n"),
        None => format!("{}\n\n{whole}\n", page.trim_end()),
    }
}

/// A table in Markdown.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    line(head.to_vec()) + &rule + &body.collect::<String>()
}

/// A share as `12.3 %`.
pub fn percent(share: f64) -> String {
    if share.is_nan() { "none".into() } else { format!("{:.1} %", 100.0 * share) }
}

/// The share of those that hold; NaN of nothing.
pub fn share(those: impl IntoIterator<Item = bool>) -> f64 {
    let (n, hold) = those.into_iter().fold((0, 0), |(n, hold), it| (n + 1, hold + usize::from(it)));
    f64::from(hold as u32) / f64::from(n)
}

/// The mean; NaN of nothing.
pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (n, sum) = values.into_iter().fold((0, 0.0), |(n, sum), value| (n + 1, sum + value));
    sum / f64::from(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_put_in_its_place_and_leaves_the_rest_alone() {
        let page = "# Title\n\n<!-- judge:aa -->\n\nold\n\n<!-- /judge:aa -->\n\nend\n";
        let new = replace(page, "aa", "new");
        assert_eq!(new, "# Title\n\n<!-- judge:aa -->\n\nnew\n\n<!-- /judge:aa -->\n\nend\n");
        assert_eq!(replace(&new, "aa", "new"), new);
        let both = replace(&new, "racing", "more");
        assert!(
            both.starts_with(new.trim_end()) && both.ends_with("more\n\n<!-- /judge:racing -->\n")
        );
    }

    #[test]
    fn shares_and_tables_read_well() {
        assert_eq!(percent(share([true, false, false])), "33.3 %");
        assert_eq!(percent(share([])), "none");
        assert_eq!(
            table(&["a", "b"], &[vec!["1".into(), "2".into()]]),
            "| a | b |\n|---|---|\n| 1 | 2 |\n"
        );
    }
}
