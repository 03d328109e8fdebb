//! The engine: a network, its optimiser and its penalties become a session that
//! trains and evaluates.
//!
//! It stands alone: no files, no plans, no printing. Data come in as slices of bytes or
//! floats, weights go in and out as named tensors in PyTorch's layouts, and what a
//! session computes is what PyTorch computes, to float32 rounding. It runs on the
//! processor, and the same spec gives the same bits on every machine, at any number of
//! threads. [`guide`] explains how it works and why it is fast.
//!
//! 1. A [`Spec`] says what is to be trained: the input's [`Shape`], the [`Layer`]s, the
//!    [`Loss`], the [`Optimizer`], the [`Penalty`] terms, the batch size and the seed.
//! 2. [`compile`] checks it and gives a [`Session`], whose weights are drawn.
//! 3. [`Session::upload`] checks [`Samples`] and keeps them.
//! 4. [`Session::train_epoch`] takes every batch of an order once and returns an
//!    [`EpochTally`]; [`Session::evaluate`] returns an [`Evaluation`].
//! 5. [`Session::export`] copies everything out; [`Session::import`] puts it back.
//!
//! # A small network
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::AtomicBool;
//! use wellfit_nn::*;
//! use wellfit_random::{Key, Purpose};
//!
//! // 64 points of a grid; their class is whether the first number is the larger.
//! let grid = || (0..64).map(|i| (i / 8, i % 8));
//! let values = grid().flat_map(|(a, b)| [a as f32 / 7.0, b as f32 / 7.0]).collect();
//! let classes = grid().map(|(a, b)| u32::from(a > b)).collect();
//! let samples = Samples {
//!     features: 2,
//!     values: Values::Floats(Arc::new(values)),
//!     targets: Targets::Classes(Arc::new(classes)),
//!     rows: None, // or some of the stored samples, in any order
//! };
//!
//! let linear = |out| Layer::Linear { out, bias: true };
//! let layers = vec![linear(16), Layer::RELU, Layer::Dropout { p: 0.1 }, linear(2)];
//! let spec = Spec { batch_size: 8, seed: 1, ..Spec::new(Shape::Flat(2), 2, layers) };
//! let mut session = compile(&spec, 1)?; // one thread
//! let data = session.upload(&samples)?;
//!
//! let stop = AtomicBool::new(false); // another thread could raise it
//! let mut order: Vec<u32> = (0..64).collect();
//! for epoch in 0..50 {
//!     let key = Key { seed: 1, purpose: Purpose::Shuffle, layer: 0, step: epoch };
//!     key.stream().shuffle(&mut order);
//!     let steps = Steps::Same(StepSettings::rate(0.02));
//!     let tally = session.train_epoch(data, EpochRun { order: &order, steps, stop: &stop, feed: None });
//!     assert_eq!((tally.steps, tally.end), (8, EpochEnd::Complete));
//! }
//!
//! let evaluation = session.evaluate(data);
//! assert!(evaluation.score > 0.9, "the share of hits is {}", evaluation.score);
//! assert_eq!(evaluation.losses.len(), 64); // by sample
//!
//! let state = session.export();
//! let names: Vec<&str> = state.parameters.iter().map(|tensor| &tensor.name[..]).collect();
//! assert_eq!(names, ["0.weight", "0.bias", "3.weight", "3.bias"]); // as PyTorch names them
//! assert_eq!(state.parameters[0].shape, [16, 2]); // [out, in]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A convolutional network
//!
//! Images are stored channel after channel, in each row after row, as bytes or floats.
//! Bytes stay bytes until a batch is packed; a table says what each of the 256 stands
//! for. What a convolution gives must be flattened before a linear layer.
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::AtomicBool;
//! use wellfit_nn::*;
//!
//! // 40 images of 6×6: stripes that lie (class 0) or stand (class 1), of any brightness.
//! let pixel = |image: usize, y: usize, x: usize| {
//!     let along = if image % 2 == 0 { y } else { x };
//!     if (along + image / 2) % 2 == 0 { 100 + 3 * image as u8 } else { 0 }
//! };
//! let bytes = (0..40 * 36).map(|i| pixel(i / 36, i / 6 % 6, i % 6)).collect();
//! let table = std::array::from_fn(|byte| byte as f32 / 255.0);
//! let samples = Samples {
//!     features: 36,
//!     values: Values::Bytes(Arc::new(bytes), Arc::new(table)),
//!     targets: Targets::Classes(Arc::new((0..40).map(|image| image % 2).collect())),
//!     rows: None,
//! };
//!
//! let spec = Spec {
//!     penalties: vec![Penalty { kind: PenaltyKind::L2, lambda: 1e-4, on: PenaltyOn::Weights }],
//!     clip_grad_norm: Some(1.0),
//!     batch_size: 8,
//!     ..Spec::new(
//!         Shape::Image { channels: 1, height: 6, width: 6 },
//!         2,
//!         vec![
//!             Layer::Conv2d { out: 8, window: Window::square(3, 1, 1), bias: true },
//!             Layer::BatchNorm,
//!             Layer::RELU,
//!             Layer::MaxPool2d { window: Window::square(2, 2, 0) },
//!             Layer::Flatten,
//!             Layer::Linear { out: 2, bias: true },
//!         ],
//!     )
//! };
//! let mut session = compile(&spec, 2)?; // two threads, the same bits
//! let data = session.upload(&samples)?;
//! let order: Vec<u32> = (0..40).collect();
//! let (steps, stop) = (Steps::Same(StepSettings::rate(0.01)), AtomicBool::new(false));
//! for _ in 0..20 {
//!     session.train_epoch(data, EpochRun { order: &order, steps, stop: &stop, feed: None });
//! }
//! assert!(session.evaluate(data).score > 0.9);
//! assert_eq!(session.logits(data).len(), 40 * 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # State
//!
//! A [`State`] is all that a session needs to go on as if it had never stopped: tensors
//! under PyTorch's names and in its layouts, the optimiser's values, the number of steps
//! (dropout's masks hang on it) and the penalties' sums. A new session of the same spec
//! that imports it goes on with the same bits. [`Session::import_parameters`] takes only
//! weights and running statistics and starts a fresh optimiser: so weights from elsewhere
//! come in. Tensors may come in any order; names and shapes are checked before anything
//! is changed.
//!
//! ```
//! # use wellfit_nn::*;
//! let spec = Spec::new(Shape::Flat(3), 2, vec![Layer::Linear { out: 2, bias: true }]);
//! let (mut one, mut other) = (compile(&spec, 1)?, compile(&Spec { seed: 7, ..spec }, 2)?);
//! assert_ne!(one.export(), other.export());
//! other.import(&one.export())?;
//! assert_eq!(one.export(), other.export());
//!
//! let mut weights = one.export().parameters;
//! weights[0].shape = vec![3, 2];
//! let error = one.import_parameters(&weights).unwrap_err();
//! let wanted = "tensor 0.weight has shape [3, 2], but the network needs [2, 3]";
//! assert_eq!(error.to_string(), wanted);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Looking inside
//!
//! A [`Probe`] takes a state and a few samples and tells what one step would do: which
//! units are silent, how large values and gradients are layer by layer, how far each
//! weight would move. It computes with a network of its own and changes nothing.
//!
//! ```
//! # use std::sync::Arc;
//! # use wellfit_nn::*;
//! # let linear = |out| Layer::Linear { out, bias: true };
//! let spec = Spec::new(Shape::Flat(2), 2, vec![linear(3), Layer::RELU, linear(2)]);
//! # let samples = Samples {
//! #     features: 2,
//! #     values: Values::Floats(Arc::new(vec![0.0, 1.0, 1.0, 0.0])),
//! #     targets: Targets::Classes(Arc::new(vec![0, 1])),
//! #     rows: None,
//! # };
//! let mut state = compile(&spec, 1)?.export();
//! state.parameters[1].data.fill(-10.0); // biases that keep every unit shut
//! let look = Probe::new(&spec, &samples, 1)?.look(&state, StepSettings::rate(1e-3))?;
//! let relu = &look.layers[0];
//! assert_eq!((relu.layer.to_string(), relu.dead, relu.units), ("1".into(), Some(3), 3));
//! assert_eq!(look.parameters[0].gradient_norm, 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Threads
//!
//! [`compile`] takes a number of threads, [`Session::set_threads`] changes it between
//! calls. It never changes a bit of a result: work is cut by the spec, not by the threads.
//! A session is [`Send`], and many sessions may work side by side. The threads of an
//! epoch live as long as the call; small networks use fewer than they are given.
//!
//! # Instruction sets
//!
//! [`compile`] takes the best that the machine has of AVX-512, AVX2 with FMA, NEON and
//! portable Rust, without build flags; [`instructions`] says which. [`compile_on`] and
//! the environment variable `WELLFIT_INSTRUCTIONS` (`avx512`, `avx2`, `neon`, `portable`)
//! choose another. All give the same bits.
//!
//! # Errors
//!
//! A wrong spec gives a [`SpecError`] (inside a [`CompileError`]) that names the layer and
//! what would be right; data and states that do not fit give a [`SessionError`]. Losses
//! that are not finite are no error: the epoch ends as [`EpochEnd::Diverged`].
//!
//! ```
//! # use wellfit_nn::*;
//! let spec = Spec::new(Shape::Flat(4), 3, vec![Layer::Linear { out: 2, bias: true }]);
//! let error = compile(&spec, 1).err().unwrap();
//! let wanted = "layer 0 (linear) gives 2 outputs, but the data have 3 classes: set out = 3";
//! assert_eq!(error.to_string(), wanted);
//! ```
//!
//! An index in `order` past the samples, or a [`DataId`] that the session does not have,
//! is a mistake of the program, and panics.

mod activation;
mod checks;
mod compile;
mod elementwise;
mod evaluation;
mod fused;
#[doc = include_str!("../../../docs/engine.md")]
pub mod guide {}
mod kernel;
mod layer;
mod layered;
mod loss;
mod numbers;
mod optimizer;
mod parameter;
mod penalty;
mod precision;
mod probe;
mod random;
pub mod reference;
mod session;
mod shape;
mod spec;
mod threads;
mod upload;

pub use activation::Activation;
pub use compile::{CompileError, compile, compile_on, instruction_sets, instructions};
pub use evaluation::{Evaluation, Scores};
pub use layer::{Layer, LayerError, Window};
pub use loss::{Loss, Measure};
pub use optimizer::Optimizer;
pub use parameter::{LayerPath, ParameterInfo, Role};
pub use penalty::{Penalty, PenaltyKind, PenaltyOn};
pub use precision::Precision;
pub use probe::{LayerLook, Look, ParameterLook, Probe, ProbeError};
pub use session::*;
pub use shape::Shape;
pub use spec::{MAX_PARAMETERS, Spec, SpecError, check_settings};
