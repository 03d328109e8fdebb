//! What a folder is called.

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
