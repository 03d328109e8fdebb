//! Work that threads share out without a word to each other.

/// Cuts `out` into pieces of `piece` values (the last may be shorter) and hands them to
/// `threads` threads, each a row of neighbours: `work` is told which thread it is, the
/// index of its piece's first value, and the piece.
pub fn share_out<T: Send>(
    out: &mut [T],
    piece: usize,
    threads: usize,
    work: impl Fn(usize, usize, &mut [T]) + Sync,
) {
    let pieces = out.len().div_ceil(piece);
    let threads = threads.min(pieces).max(1);
    let run = |me: usize, first: usize, out: &mut [T]| {
        for (n, out) in out.chunks_mut(piece).enumerate() {
            work(me, first + n * piece, out);
        }
    };
    std::thread::scope(|scope| {
        let (mut rest, mut first) = (out, 0);
        for me in 0..threads {
            let end = (pieces * (me + 1) / threads * piece).min(first + rest.len());
            let (mine, others) = rest.split_at_mut(end - first);
            let run = &run;
            if me + 1 == threads {
                run(me, first, mine);
            } else {
                scope.spawn(move || run(me, first, mine));
            }
            (rest, first) = (others, end);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_handed_out_once_with_its_index() {
        for (n, piece, threads) in [(0, 4, 3), (1, 4, 3), (10, 4, 2), (12, 4, 3), (100, 7, 5)] {
            let mut out = vec![0; n];
            share_out(&mut out, piece, threads, |_, first, out| {
                assert!(out.len() <= piece);
                out.iter_mut().enumerate().for_each(|(i, o)| *o += first + i + 1);
            });
            assert_eq!(out, (1..=n).collect::<Vec<_>>());
        }
    }
}
