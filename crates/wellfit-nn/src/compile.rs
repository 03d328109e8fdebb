//! From a checked spec to a session.

use thiserror::Error;

use crate::fused::Fused;
use crate::kernel::Kernels;
use crate::layered::Layered;
use crate::{Precision, Session, Spec, SpecError};

/// Why no session could be made.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CompileError {
    /// The spec is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Not enough memory for the weights and the optimiser.
    #[error("not enough memory: {bytes} bytes could not be had")]
    Memory {
        /// What was asked for.
        bytes: usize,
    },
    /// bfloat16 on a processor, or an instruction set, that cannot multiply it.
    #[error(
        "precision \"bf16\" needs a processor with AVX512-BF16, but this one runs {instructions}: set precision = \"f32\""
    )]
    Bf16 {
        /// The instruction set.
        instructions: &'static str,
    },
    /// An instruction set that this machine does not have.
    #[error("no instruction set {name} here: WELLFIT_INSTRUCTIONS may be {available}")]
    Instructions {
        /// What was asked for.
        name: String,
        /// What there is.
        available: String,
    },
}

/// Makes a session for `spec` with initial weights drawn from its seed, on the best
/// instruction set of this machine or the one that `WELLFIT_INSTRUCTIONS` names.
pub fn compile(spec: &Spec, threads: usize) -> Result<Box<dyn Session>, CompileError> {
    on(spec, threads, Kernels::choose()?)
}

/// As [`compile`], on one of [`instruction_sets`].
pub fn compile_on(
    instructions: &str,
    spec: &Spec,
    threads: usize,
) -> Result<Box<dyn Session>, CompileError> {
    on(spec, threads, Kernels::named(instructions)?)
}

fn on(
    spec: &Spec,
    threads: usize,
    kernels: &'static Kernels,
) -> Result<Box<dyn Session>, CompileError> {
    spec.check()?;
    if spec.precision == Precision::Bf16 && kernels.bf16.is_none() {
        return Err(CompileError::Bf16 { instructions: kernels.name });
    }
    Ok(if Fused::can_run(spec) {
        Box::new(Fused::new(spec, threads, kernels)?)
    } else {
        Box::new(Layered::new(spec, threads, kernels)?)
    })
}

/// The instruction sets that this machine can run, the best first: of `avx512`,
/// `avx2`, `neon` and `portable`. All give the same bits, on every machine.
pub fn instruction_sets() -> impl Iterator<Item = &'static str> {
    Kernels::available().map(|kernels| kernels.name)
}

/// The instruction set that [`compile`] takes, such as `avx512`.
pub fn instructions() -> &'static str {
    Kernels::choose().map_or("unknown", |kernels| kernels.name)
}
