//! "Did you mean …?"

/// A hint that names the word of `known` nearest to `word`, if one is near enough
/// to be a slip of the pen.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = word.chars().count().max(3) / 3;
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// The fewest characters to insert, delete, replace or swap with a neighbour
/// (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut least = (row[j] + usize::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1);
            if j > 0 && last == Some(y) && b[j - 1] == x {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(x);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood_and_another_word_is_not() {
        let known = ["epochs", "seed", "batch_size"];
        assert_eq!(did_you_mean("epoch", known).unwrap(), "did you mean `epochs`?");
        assert_eq!(did_you_mean("batchsize", known).unwrap(), "did you mean `batch_size`?");
        assert_eq!(did_you_mean("momentum", known), None);
        assert_eq!(did_you_mean("", known), None);
    }

    #[test]
    fn a_distance_counts_inserted_deleted_replaced_and_swapped_characters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("trian", "train"), 1);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
