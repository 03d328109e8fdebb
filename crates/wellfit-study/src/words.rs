//! Names: which one was meant, and what a folder of that name is called.

/// The nearest of the known names, if it is near enough to be a slip: at most
/// half of its letters differ (Levenshtein's distance).
pub(crate) fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| distance * 2 <= candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The name as it stands in a folder's name: lower case, everything other than a-z,
/// 0-9 and dots turned into single hyphens, none at the ends.
///
/// ```
/// assert_eq!(wellfit_study::slug("Dropout + plateau (0.5)"), "dropout-plateau-0.5");
/// ```
pub fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let known = ["dropout", "l1", "l2", "early-stopping"];
        assert_eq!(closest("dropuot", known.into_iter()), Some("dropout"));
        assert_eq!(closest("early stoping", known.into_iter()), Some("early-stopping"));
        assert_eq!(closest("augmentation", known.into_iter()), None);
    }

    #[test]
    fn a_slug_holds_only_lower_case_letters_digits_dots_and_single_hyphens() {
        for (name, expected) in [
            ("baseline", "baseline"),
            ("dropout(0.5, input=0.5)", "dropout-0.5-input-0.5"),
            ("L2 -- Norm!", "l2-norm"),
            ("Größe", "gr-e"),
            ("../../etc", "..-..-etc"),
            ("???", ""),
        ] {
            assert_eq!(slug(name), expected);
        }
    }
}
