//! Values as they are written on one line of TOML.

use wellfit_train::plan::{Field, Node, PlanError, Value};

use super::arms::refuse_foreign;

/// The value on one line: `{ type = "sgd", lr = 0.1 }`.
pub(super) fn inline(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}").replace("NaN", "nan"),
        Value::Flag(flag) => flag.to_string(),
        Value::Date(date) => date.clone(),
        Value::List(list) => {
            format!("[{}]", list.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Table(table) => {
            let pairs = table.iter().map(|e| format!("{} = {}", key(&e.key), inline(&e.node)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

fn key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

/// What a table of changes sets, each as `key = value` with the key in full. A table
/// that names its `type` is one value; any other is a key for each of its entries.
pub(super) fn assignments(changes: &Field<'_>) -> Result<Vec<String>, PlanError> {
    fn walk(path: &str, node: &Node, all: &mut Vec<String>) -> Result<(), PlanError> {
        match &node.value {
            Value::Table(table) if !table.iter().any(|entry| entry.key == "type") => {
                for entry in table {
                    let path = match path {
                        "" => entry.key.clone(),
                        path => format!("{path}.{}", entry.key),
                    };
                    walk(&path, &entry.node, all)?;
                }
            }
            _ => {
                refuse_foreign(path, node)?;
                all.push(format!("{path} = {}", inline(node)));
            }
        }
        Ok(())
    }
    let mut all = Vec::new();
    walk("", changes.node(), &mut all)?;
    Ok(all)
}
