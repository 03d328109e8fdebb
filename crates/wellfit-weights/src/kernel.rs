//! Which matrices are cut from a tensor.
//!
//! As WeightWatcher has it (Martin, Peng & Mahoney 2021, *Nature Communications* 12,
//! 4122): a matrix is taken as it is; the weight of a convolution is cut into one
//! matrix of outputs × inputs for each position of its kernel.

/// In which order a convolution's weight has its dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// [outputs, inputs, positions…], as PyTorch.
    OutputsFirst,
    /// [positions…, inputs, outputs], as Keras and Flax.
    OutputsLast,
    /// Unknown: the larger two of the outer and the inner two dimensions are taken for
    /// outputs and inputs, as WeightWatcher guesses.
    Guess,
}

/// The matrices of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// How many: 1, or the positions of a convolution's kernel.
    pub positions: usize,
    /// The larger side of each.
    pub rows: usize,
    /// The smaller side.
    pub columns: usize,
    outputs: usize,
    inputs: usize,
    outputs_first: bool,
}

impl Kernel {
    /// The matrices of a tensor; `None` for one with fewer than two dimensions.
    ///
    /// The product of `shape` must fit a usize.
    pub fn of(shape: &[usize], order: Order) -> Option<Kernel> {
        let [first, second, ..] = *shape else { return None };
        let (before, last) = (shape[shape.len() - 2], shape[shape.len() - 1]);
        let outputs_first = match order {
            _ if shape.len() == 2 => true,
            Order::OutputsFirst => true,
            Order::OutputsLast => false,
            Order::Guess => first + second >= before + last,
        };
        let (outputs, inputs, positions) = if outputs_first {
            (first, second, shape[2..].iter().product())
        } else {
            (last, before, shape[..shape.len() - 2].iter().product())
        };
        let (rows, columns) = (outputs.max(inputs), outputs.min(inputs));
        Some(Kernel { positions, rows, columns, outputs, inputs, outputs_first })
    }

    /// Values of one matrix.
    pub fn len(&self) -> usize {
        self.rows * self.columns
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.positions * self.len() == 0
    }

    /// Where the tensor's value `index` belongs, when the matrices lie one behind the
    /// other, each row by row with `rows` ≥ `columns`.
    pub(crate) fn place(&self, index: usize) -> usize {
        let (output, input, position) = if self.outputs_first {
            let (pair, position) = (index / self.positions, index % self.positions);
            (pair / self.inputs, pair % self.inputs, position)
        } else {
            let (pair, output) = (index / self.outputs, index % self.outputs);
            (output, pair % self.inputs, pair / self.inputs)
        };
        let (row, column) =
            if self.outputs >= self.inputs { (output, input) } else { (input, output) };
        position * self.len() + row * self.columns + column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convolution_is_cut_by_the_position_in_its_kernel() {
        let kernel = Kernel::of(&[4, 2, 3, 3], Order::OutputsFirst).unwrap();
        assert_eq!((kernel.positions, kernel.rows, kernel.columns), (9, 4, 2));
        // Value [3, 1, 2, 0]: position 6, row 3, column 1.
        assert_eq!(kernel.place(((3 * 2 + 1) * 3 + 2) * 3), 6 * 8 + 3 * 2 + 1);
        let last = Kernel::of(&[3, 3, 2, 4], Order::OutputsLast).unwrap();
        assert_eq!((last.positions, last.rows, last.columns), (9, 4, 2));
        // Value [2, 0, 1, 3] is the same weight.
        assert_eq!(last.place(((2 * 3) * 2 + 1) * 4 + 3), 6 * 8 + 3 * 2 + 1);
    }

    #[test]
    fn a_wide_matrix_stands_upright() {
        let kernel = Kernel::of(&[2, 5], Order::OutputsLast).unwrap();
        assert_eq!((kernel.positions, kernel.rows, kernel.columns), (1, 5, 2));
        let places: Vec<usize> = (0..10).map(|i| kernel.place(i)).collect();
        assert_eq!(places, [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]);
    }

    #[test]
    fn without_a_framework_the_larger_dimensions_are_the_channels() {
        let of = |shape: &[usize]| Kernel::of(shape, Order::Guess).map(|k| k.positions);
        assert_eq!(of(&[16, 8, 3, 3]), Some(9));
        assert_eq!(of(&[3, 3, 8, 16]), Some(9));
        assert_eq!(of(&[7]), None);
        assert_eq!(of(&[]), None);
    }
}
