//! Images of another size: each pixel of the new one is a mean of those of the old one round
//! it, weighted by a triangle (bilinear), which is widened when the image shrinks so that
//! every old pixel counts (area averaging). The same bits everywhere.

/// The weights of the old pixels of a row for one new pixel.
struct Weights {
    start: usize,
    weights: Vec<f64>,
}

/// For each new pixel the old ones that it is a mean of.
fn weights(from: usize, to: usize) -> Vec<Weights> {
    let scale = from as f64 / to as f64;
    let radius = scale.max(1.0);
    let each = |at: usize| {
        let centre = (at as f64 + 0.5) * scale;
        let start = (centre - radius + 0.5).floor().max(0.0) as usize;
        let end = ((centre + radius + 0.5).floor() as usize).min(from);
        let height = |old: usize| (1.0 - ((old as f64 + 0.5 - centre) / radius).abs()).max(0.0);
        let mut weights: Vec<f64> = (start..end).map(height).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Weights { start, weights }
    };
    (0..to).map(each).collect()
}

/// Resizes pixels laid out `[rows][columns][channels]`; `from` and `to` are rows and columns,
/// none of them 0.
pub(super) fn resize(
    pixels: &[u8],
    channels: usize,
    from: (usize, usize),
    to: (usize, usize),
) -> Vec<u8> {
    if from == to {
        return pixels.to_vec();
    }
    // Rows first become as long as they are to be.
    let across = weights(from.1, to.1);
    let mut narrow = Vec::with_capacity(from.0 * to.1 * channels);
    for row in pixels.chunks_exact(from.1 * channels) {
        for Weights { start, weights } in &across {
            for channel in 0..channels {
                let old = (*start..).map(|at| f64::from(row[at * channels + channel]));
                narrow.push(weights.iter().zip(old).map(|(weight, old)| weight * old).sum::<f64>());
            }
        }
    }
    let wide = to.1 * channels;
    let mut resized = Vec::with_capacity(to.0 * wide);
    for Weights { start, weights } in weights(from.0, to.0) {
        for at in 0..wide {
            let old = (start..).map(|row| narrow[row * wide + at]);
            let value: f64 = weights.iter().zip(old).map(|(weight, old)| weight * old).sum();
            resized.push(value.round().clamp(0.0, 255.0) as u8);
        }
    }
    resized
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halving_is_a_mean_that_reaches_over_the_edge_of_each_pair() {
        // Weights 1, 3, 3, 1, of which the outermost is cut off: 400/7 and 1280/7.
        let row = [0, 80, 160, 240];
        assert_eq!(resize(&row, 1, (1, 4), (1, 2)), [57, 183]);
    }

    #[test]
    fn doubling_lies_on_the_line_between_neighbours() {
        assert_eq!(resize(&[0, 100], 1, (1, 2), (1, 4)), [0, 25, 75, 100]);
        assert_eq!(resize(&[0, 100], 1, (2, 1), (4, 1)), [0, 25, 75, 100]);
    }

    #[test]
    fn channels_stay_apart() {
        let pixels = [10, 200, 10, 200, 10, 200, 10, 200];
        let resized = resize(&pixels, 2, (2, 2), (3, 5));
        assert_eq!(resized, [10, 200].repeat(15));
    }

    proptest! {
        #[test]
        fn an_even_image_stays_even_and_none_leaves_its_range(
            pixels in prop::collection::vec(any::<u8>(), 42), value: u8,
            rows in 1usize..20, columns in 1usize..20,
        ) {
            prop_assert_eq!(resize(&[value; 42], 1, (6, 7), (rows, columns)), vec![value; rows * columns]);
            let resized = resize(&pixels, 1, (6, 7), (rows, columns));
            prop_assert_eq!(resized.len(), rows * columns);
            let (least, most) = (pixels.iter().min(), pixels.iter().max());
            prop_assert!(resized.iter().min() >= least && resized.iter().max() <= most);
            prop_assert_eq!(resize(&pixels, 1, (6, 7), (6, 7)), pixels);
        }
    }
}
