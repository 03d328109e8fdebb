//! Names of columns in messages: the one that was meant, and which there are.

/// As many names as a message lists.
const LISTED: usize = 30;

/// `"a", "b", …`, not too many.
pub(crate) fn listed(names: &[String]) -> String {
    let mut text = names[..names.len().min(LISTED)].join(", ");
    if names.len() > LISTED {
        text.push_str(&format!(", … ({} in all)", names.len()));
    }
    text
}

/// `; did you mean "price"?`, or nothing.
pub(crate) fn meant(name: &str, names: &[String]) -> String {
    match nearest(name, names) {
        Some(near) => format!("; did you mean \"{near}\"?"),
        None => String::new(),
    }
}

/// The name that differs least, if it differs by little: letters' case, spaces and
/// underlines alone, or at most two letters of five.
fn nearest<'a>(name: &str, names: &'a [String]) -> Option<&'a String> {
    let plain = |text: &str| -> Vec<char> {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(name);
    let distance = |other: &&String| edits(&wanted, &plain(other));
    names.iter().min_by_key(distance).filter(|near| distance(near) * 5 <= wanted.len() * 2)
}

/// Letters to insert, remove or change to make the one of the other.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let names = ["price", "Living Area", "rooms"].map(String::from);
        assert_eq!(meant("prise", &names), "; did you mean \"price\"?");
        assert_eq!(meant("lable", &["label".into()]), "; did you mean \"label\"?");
        assert_eq!(meant("living_area", &names), "; did you mean \"Living Area\"?");
        assert_eq!(meant("colour", &names), "");
        assert_eq!(meant("x", &[]), "");
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..40).map(|i| format!("c{i}")).collect();
        assert!(listed(&names).ends_with("c29, … (40 in all)"));
        assert_eq!(listed(&names[..2]), "c0, c1");
    }
}
