//! What initial weights and dropout masks are, number by number.
//!
//! Both are pure functions of a key and a place, so every engine that follows
//! these definitions draws the same network and the same masks, whatever the
//! order or the number of threads it works in. Layers are counted among their
//! own kind: a dropout layer put in front leaves the initial weights as they were.

use wellfit_random::{Key, Purpose};

use crate::{Layer, ParameterInfo, Shape, Spec};

/// The initial values of every tensor of `spec`, in its order: linear layers and
/// convolutions draw theirs, a normalisation starts as the identity.
pub(crate) fn initial_values(spec: &Spec) -> impl Iterator<Item = (ParameterInfo, Vec<f32>)> {
    let (seed, mut counts) = (spec.seed, [0u16; 2]);
    let layers = spec.layers.clone();
    spec.parameters().into_iter().map(move |info| {
        let kind = match layer_at(&layers, &info.layer.0) {
            Layer::Linear { .. } => Kind::Linear,
            Layer::Conv2d { .. } => Kind::Conv2d,
            _ => {
                let one = info.name.ends_with("weight") || info.name.ends_with("running_var");
                let values = vec![if one { 1.0 } else { 0.0 }; info.len()];
                return (info, values);
            }
        };
        let count = &mut counts[kind as usize];
        *count += u16::from(info.is_weight());
        let mut values = vec![0.0; info.len()];
        let key = initial_key(seed, kind, *count - 1, info.is_weight());
        fill_initial(&mut values, key, info.fan_in);
        (info, values)
    })
}

fn layer_at<'a>(layers: &'a [Layer], path: &[usize]) -> &'a Layer {
    match path {
        [last] => &layers[*last],
        [first, rest @ ..] => layer_at(layers[*first].inner(), rest),
        [] => unreachable!("a path names a layer"),
    }
}

/// Layers whose weights are drawn, each kind counted for itself.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Linear,
    Conv2d,
}

/// The key of the initial weights (`is_weight`) or biases of layer number `ordinal`,
/// counted from 0 among layers of its kind.
pub(crate) fn initial_key(seed: u64, kind: Kind, ordinal: u16, is_weight: bool) -> Key {
    let step = 2 * kind as u64 + u64::from(!is_weight);
    Key { seed, purpose: Purpose::Init, layer: ordinal, step }
}

/// Draws a parameter tensor, in PyTorch's layout: uniform in ±1/√fan_in.
///
/// Element `e` takes word e mod 4 of block ⌊e/4⌋; its upper 24 bits make
/// u in [0, 1), and the value is (2u − 1)·(1/√fan_in) in f32.
pub(crate) fn fill_initial(values: &mut [f32], key: Key, fan_in: usize) {
    let bound = if fan_in == 0 { 0.0 } else { 1.0 / (fan_in as f32).sqrt() };
    for (block, four) in values.chunks_mut(4).enumerate() {
        for (value, word) in four.iter_mut().zip(key.block(block as u32)) {
            let u = (word >> 8) as f32 / (1u32 << 24) as f32;
            *value = (2.0 * u - 1.0) * bound;
        }
    }
}

/// The key of dropout layer number `dropout`, counted from 0 among dropout
/// layers, at `step`, the number of steps taken before.
pub(crate) fn dropout_key(seed: u64, dropout: u16, step: u64) -> Key {
    Key { seed, purpose: Purpose::Dropout, layer: dropout, step }
}

/// An element is kept if its 16 random bits are at least this: round(p·2¹⁶).
/// So the share of zeros is p to within 2⁻¹⁷, and exact for p = 0 and p = 1.
pub(crate) fn dropout_threshold(p: f64) -> u32 {
    (p * 65536.0).round() as u32
}

/// What kept elements are multiplied by: 1/(1−p), or 0 for p = 1.
pub(crate) fn dropout_scale(p: f64) -> f32 {
    if p < 1.0 { (1.0 / (1.0 - p)) as f32 } else { 0.0 }
}

/// What [`keep`] calls the columns of a value.
///
/// Channels of an image that was computed lie side by side, as vectors take them,
/// padded to whole ones; so they stay when it is flattened, until the next linear
/// layer. Features, and the values of a sample as they came in, even of an image,
/// are numbered in PyTorch's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Column i of so many is value i.
    Plain(usize),
    /// Channel c of row y and column x is in column (y·W + x)·C₁₆ + c of H·W·C₁₆, where
    /// C₁₆ is the number of channels rounded up to a multiple of 16.
    ChannelsLast {
        /// C.
        channels: usize,
        /// H·W.
        area: usize,
    },
}

impl Columns {
    /// Those of a computed value of this shape.
    pub fn of(shape: Shape) -> Self {
        match shape {
            Shape::Flat(features) => Columns::Plain(features),
            Shape::Image { channels, height, width } => {
                Columns::ChannelsLast { channels, area: height.saturating_mul(width) }
            }
        }
    }

    /// How many there are, padding included.
    pub fn width(self) -> usize {
        match self {
            Columns::Plain(width) => width,
            Columns::ChannelsLast { channels, area } => area * channels.next_multiple_of(16),
        }
    }

    /// The column of value `index` in PyTorch's order.
    pub fn column(self, index: usize) -> usize {
        match self {
            Columns::Plain(_) => index,
            Columns::ChannelsLast { channels, area } => {
                index % area * channels.next_multiple_of(16) + index / area
            }
        }
    }
}

/// Whether dropout keeps the activation in `row` of the batch and `column` of
/// `width`; see [`Columns`].
///
/// The 16 bits are laid out for vectors: the 16 lanes of one 512-bit word hold
/// the four words of 16 blocks, which decide two rows of 64 columns.
pub(crate) fn keep(key: Key, width: usize, row: usize, column: usize, threshold: u32) -> bool {
    let (tile, lane, group) = (column / 64, column % 16, column % 64 / 16);
    let tiles = width.div_ceil(64);
    let index = ((row / 2 * tiles + tile) * 16 + lane) as u32;
    let word = key.block(index)[row % 2 * 2 + group / 2];
    let bits = if group % 2 == 0 { word & 0xFFFF } else { word >> 16 };
    bits >= threshold
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Window;

    const ROWS: usize = 200;
    const WIDTH: usize = 300;

    /// Which elements of a [ROWS, WIDTH] activation dropout with `p` keeps.
    fn mask(key: Key, p: f64) -> Vec<bool> {
        let threshold = dropout_threshold(p);
        let element = |e| keep(key, WIDTH, e / WIDTH, e % WIDTH, threshold);
        (0..ROWS * WIDTH).map(element).collect()
    }

    /// √n times the correlation of two masks of density 1−p: about a standard
    /// normal number if they are independent.
    fn correlation(a: &[bool], b: &[bool], p: f64) -> f64 {
        let centred = |&kept: &bool| f64::from(u8::from(kept)) - (1.0 - p);
        let sum: f64 = a.iter().zip(b).map(|(a, b)| centred(a) * centred(b)).sum();
        sum / (p * (1.0 - p)) / (a.len() as f64).sqrt()
    }

    /// From a second implementation in Python. These numbers are part of every
    /// result ever computed: they never change.
    #[test]
    fn initial_values_are_the_known_ones() {
        let mut weights = [0.0; 784];
        fill_initial(&mut weights, initial_key(42, Kind::Linear, 0, true), 784);
        let known = [0.029637637, -0.034089472, 0.02765164, 0.0352915];
        assert_eq!([0, 1, 5, 783].map(|e| weights[e]), known);
        let mut biases = [0.0; 10];
        fill_initial(&mut biases, initial_key(42, Kind::Linear, 1, false), 1000);
        assert_eq!([0, 3, 9].map(|e| biases[e]), [-0.030580143, -0.024197388, 0.004940667]);
    }

    /// Likewise: every third column of five rows of a layer of 100.
    #[test]
    fn masks_are_the_known_ones() {
        let rows = [
            "0110100111111110101010111000011111",
            "1011101001101011110100111101110110",
            "1110100111101110011111101000111110",
            "1101010010111111111111110110100111",
            "1000111110001111111111010000111101",
        ];
        let (key, threshold) = (dropout_key(42, 1, 7), dropout_threshold(0.3));
        for (row, wanted) in rows.into_iter().enumerate() {
            let found = (0..100).step_by(3).map(|c| keep(key, 100, row, c, threshold));
            let found: String = found.map(|kept| if kept { '1' } else { '0' }).collect();
            assert_eq!(found, wanted, "row {row}");
        }
    }

    #[test]
    fn initial_values_are_uniform_within_one_over_root_fan_in() {
        let mut values = vec![0.0; 100_000];
        fill_initial(&mut values, initial_key(1, Kind::Linear, 3, true), 25);
        assert!(values.iter().all(|x| x.abs() <= 0.2));
        let n = values.len() as f64;
        let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let square = values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n;
        // Uniform in ±0.2: variance 0.04/3; five standard errors each.
        assert!(mean.abs() < 5.0 * (0.04 / 3.0 / n).sqrt(), "{mean}");
        let error = 0.04 * (1.0f64 / 5.0 - 1.0 / 9.0).sqrt() / n.sqrt();
        assert!((square - 0.04 / 3.0).abs() < 5.0 * error, "{square}");
    }

    #[test]
    fn weights_and_biases_of_different_layers_share_no_numbers() {
        let draw = |kind, ordinal, is_weight| {
            let mut values = [0.0f32; 8];
            fill_initial(&mut values, initial_key(9, kind, ordinal, is_weight), 4);
            values.map(f32::to_bits)
        };
        let mut all = Vec::new();
        for kind in [Kind::Linear, Kind::Conv2d] {
            for (ordinal, is_weight) in [(0, true), (0, false), (1, true), (1, false)] {
                all.extend(draw(kind, ordinal, is_weight));
            }
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 64);
    }

    #[test]
    fn dropout_drops_the_share_it_is_asked_for() {
        let n = (ROWS * WIDTH) as f64;
        for (i, p) in [0.01, 0.1, 0.3, 0.5, 0.8, 0.999].into_iter().enumerate() {
            let dropped = mask(dropout_key(7, 0, i as u64), p).iter().filter(|&&k| !k).count();
            let error = (dropped as f64 - n * p) / (n * p * (1.0 - p)).sqrt();
            assert!(error.abs() < 4.0, "p = {p}: {dropped} of {n}, {error} standard errors");
        }
        assert!(mask(dropout_key(7, 0, 0), 0.0).iter().all(|&kept| kept));
        assert!(!mask(dropout_key(7, 0, 0), 1.0).iter().any(|&kept| kept));
    }

    #[test]
    fn thresholds_and_scales_are_exact_at_the_ends() {
        assert_eq!([0.0, 0.3, 0.5, 1.0].map(dropout_threshold), [0, 19661, 32768, 65536]);
        assert_eq!([0.0, 0.5, 0.75, 1.0].map(dropout_scale), [1.0, 2.0, 4.0, 0.0]);
    }

    #[test]
    fn the_columns_of_an_image_are_its_channels_side_by_side_in_sixteens() {
        let columns = Columns::of(Shape::Image { channels: 3, height: 2, width: 5 });
        assert_eq!(columns.width(), 2 * 5 * 16);
        // Channel 2 of row 1 and column 3.
        assert_eq!(columns.column(2 * 10 + 5 + 3), (5 + 3) * 16 + 2);
        let wide = Columns::of(Shape::Image { channels: 17, height: 1, width: 2 });
        assert_eq!((wide.width(), wide.column(16 * 2 + 1)), (64, 32 + 16));
        let flat = Columns::of(Shape::Flat(7));
        assert_eq!((flat.width(), flat.column(6)), (7, 6));
    }

    /// What each dropout layer of a network over 3×4×4 numbers.
    #[test]
    fn a_computed_image_keeps_its_columns_until_a_linear_layer() {
        let dropout = || Layer::Dropout { p: 0.5 };
        let linear = |out| Layer::Linear { out, bias: true };
        let residual = |layers| Layer::Residual { layers };
        let pool = || Layer::MaxPool2d { window: Window::square(2, 2, 0) };
        let of = |layers: Vec<Layer>| {
            let input = Shape::Image { channels: 3, height: 4, width: 4 };
            let (mut columns, spec) = (Vec::new(), Spec::new(input, 2, layers));
            let walked = spec.walk(&mut |visit| {
                if let Layer::Dropout { .. } = visit.layer {
                    columns.push(visit.given.columns);
                }
                Ok(())
            });
            walked.unwrap();
            columns
        };
        let (input, plain) = (Columns::Plain(48), Columns::Plain);
        let image = |area| Columns::ChannelsLast { channels: 3, area };
        use Layer::{BatchNorm, Flatten, LayerNorm};
        for (layers, wanted) in [
            (
                vec![dropout(), Layer::RELU, dropout(), linear(2), dropout()],
                vec![input, input, plain(2)],
            ),
            (vec![Flatten, dropout(), BatchNorm, dropout()], vec![input, input]),
            (vec![BatchNorm, dropout()], vec![image(16)]),
            (vec![pool(), dropout(), Flatten, dropout()], vec![image(4), image(4)]),
            (vec![pool(), Flatten, BatchNorm, LayerNorm, dropout()], vec![image(4)]),
            (vec![pool(), Flatten, linear(12), dropout()], vec![plain(12)]),
            (
                vec![dropout(), residual(vec![dropout()]), dropout()],
                vec![input, image(16), image(16)],
            ),
            (
                vec![pool(), Flatten, residual(vec![dropout(), linear(12)]), dropout()],
                vec![image(4), image(4)],
            ),
            (vec![pool(), Flatten, residual(vec![Layer::RELU]), dropout()], vec![image(4)]),
        ] {
            assert_eq!(of(layers.clone()), wanted, "{layers:?}");
        }
    }

    #[test]
    fn masks_of_other_layers_steps_and_seeds_are_independent() {
        for p in [0.3, 0.5] {
            let base = mask(dropout_key(0, 0, 0), p);
            for seed in 0..3 {
                for layer in 0..3 {
                    for step in 0..4 {
                        let key = dropout_key(seed, layer, step);
                        if key != dropout_key(0, 0, 0) {
                            let r = correlation(&base, &mask(key, p), p);
                            assert!(r.abs() < 4.5, "p = {p}, {key:?}: {r}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn elements_of_one_mask_are_independent_at_every_distance() {
        let (key, p) = (dropout_key(3, 1, 2), 0.3);
        let kept = mask(key, p);
        for down in 0..4 {
            for right in 0..140 {
                if (down, right) != (0, 0) {
                    let (mut a, mut b) = (Vec::new(), Vec::new());
                    for row in 0..ROWS - down {
                        for column in 0..WIDTH - right {
                            a.push(kept[row * WIDTH + column]);
                            b.push(kept[(row + down) * WIDTH + column + right]);
                        }
                    }
                    let r = correlation(&a, &b, p);
                    assert!(r.abs() < 5.0, "{down} down, {right} right: {r}");
                }
            }
        }
    }
}
