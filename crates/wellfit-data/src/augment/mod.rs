//! Training samples changed at random, anew in every epoch.
//!
//! Values are changed after scaling, as the network takes them; so a 0 that comes in is
//! whatever the data's scale calls 0. What is drawn depends on the run's seed, the epoch,
//! which of its kind the augmentation is in the list, and the sample's place in the training
//! set: neither on the sample's place in the epoch's order nor on other augmentations, so a
//! sample comes out the same whoever asks for it, and arms of a study stay paired.

mod beta;
mod blend;
mod erase;
mod flip;
mod image;
mod light;
mod noise;
mod quantile;
mod shift;
mod turn;

use thiserror::Error;
use wellfit_random::{Key, Purpose, Stream};

use crate::Shape;
use blend::Blending;
use image::Image;

/// A random change of training samples; never of those that are evaluated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Augment {
    /// Mirrors an image left to right with this probability.
    Flip {
        /// From 0 to 1.
        p: f64,
    },
    /// Mirrors an image top to bottom with this probability.
    FlipVertical {
        /// From 0 to 1.
        p: f64,
    },
    /// Moves an image by up to so many pixels in each direction; zeros come in.
    Shift {
        /// At least 1.
        pixels: usize,
    },
    /// Pads an image with zeros and cuts a window of its size out of it: the name that
    /// others use for what `Shift` does.
    Crop {
        /// Pixels at each side, at least 1.
        padding: usize,
    },
    /// Turns an image about its centre by up to so many degrees either way.
    Rotate {
        /// Above 0, at most 180.
        degrees: f64,
    },
    /// Scales an image about its centre by a factor from 1 − by to 1 + by.
    Zoom {
        /// Above 0, below 1.
        by: f64,
    },
    /// Blanks a rectangle of an image with this probability.
    Erase {
        /// From 0 to 1.
        p: f64,
        /// Its largest share of the image, above 0, at most 1.
        area: f64,
    },
    /// Multiplies an image's values by a factor from 1 − by to 1 + by; they may leave the
    /// data's range.
    Brightness {
        /// Above 0, at most 1.
        by: f64,
    },
    /// Moves an image's values from their mean, or towards it, by a factor from 1 − by
    /// to 1 + by; they may leave the data's range.
    Contrast {
        /// Above 0, at most 1.
        by: f64,
    },
    /// Adds normal noise to every value, images and tables alike, after scaling.
    Noise {
        /// Its standard deviation, above 0.
        std: f64,
    },
    /// Blends each sample with another of its batch: λ ~ Beta(α, α), one a batch.
    Mixup {
        /// α, above 0.
        alpha: f64,
    },
    /// Replaces a rectangle of each image by another's of its batch.
    Cutmix {
        /// α, above 0.
        alpha: f64,
    },
}

impl Augment {
    /// The name in the plan file.
    pub fn name(&self) -> &'static str {
        match self {
            Augment::Flip { .. } => "flip",
            Augment::FlipVertical { .. } => "flip-vertical",
            Augment::Shift { .. } => "shift",
            Augment::Crop { .. } => "crop",
            Augment::Rotate { .. } => "rotate",
            Augment::Zoom { .. } => "zoom",
            Augment::Erase { .. } => "erase",
            Augment::Brightness { .. } => "brightness",
            Augment::Contrast { .. } => "contrast",
            Augment::Noise { .. } => "noise",
            Augment::Mixup { .. } => "mixup",
            Augment::Cutmix { .. } => "cutmix",
        }
    }

    /// Whether it makes one sample of two.
    pub fn blends(&self) -> bool {
        matches!(self, Augment::Mixup { .. } | Augment::Cutmix { .. })
    }

    /// Its number among the kinds: part of every result, never to be changed.
    fn kind(&self) -> u16 {
        match self {
            Augment::Flip { .. } => 1,
            Augment::FlipVertical { .. } => 2,
            Augment::Shift { .. } => 3,
            Augment::Crop { .. } => 4,
            Augment::Rotate { .. } => 5,
            Augment::Zoom { .. } => 6,
            Augment::Erase { .. } => 7,
            Augment::Brightness { .. } => 8,
            Augment::Contrast { .. } => 9,
            Augment::Noise { .. } => 10,
            Augment::Mixup { .. } => 11,
            Augment::Cutmix { .. } => 12,
        }
    }

    /// Whether it is for images only.
    fn needs_image(&self) -> bool {
        !matches!(self, Augment::Noise { .. } | Augment::Mixup { .. })
    }

    /// Pixels by which it may move an image, and the key that says so.
    fn moves(&self) -> Option<(&'static str, usize)> {
        match *self {
            Augment::Shift { pixels } => Some(("pixels", pixels)),
            Augment::Crop { padding } => Some(("padding", padding)),
            _ => None,
        }
    }
}

/// Why a list of augmentations does not fit the samples; `index` is its place in the list.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum AugmentError {
    /// For images, and the samples are none.
    #[error(
        "{name} is for images, but a sample is {shape}: leave it out (noise and mixup are for any \
         data)"
    )]
    NoImage {
        /// Where in the list.
        index: usize,
        /// Its name.
        name: &'static str,
        /// What samples are.
        shape: Shape,
    },
    /// It could move everything out of the image.
    #[error("{name} has {key} = {pixels}, which must be below the {shape} image's smaller side")]
    TooFar {
        /// Where in the list.
        index: usize,
        /// Its name.
        name: &'static str,
        /// Which setting.
        key: &'static str,
        /// Its value.
        pixels: usize,
        /// What samples are.
        shape: Shape,
    },
    /// Samples are blended twice.
    #[error("samples are blended once: one of mixup and cutmix, and only once in the list")]
    Twice {
        /// Where in the list.
        index: usize,
    },
    /// More of a kind than draws are kept apart for.
    #[error("there may be at most 256 of {name} in the list")]
    TooMany {
        /// Where in the list.
        index: usize,
        /// Its name.
        name: &'static str,
    },
}

impl AugmentError {
    /// Which augmentation of the list it is about.
    pub fn index(&self) -> usize {
        match *self {
            AugmentError::NoImage { index, .. }
            | AugmentError::TooFar { index, .. }
            | AugmentError::Twice { index }
            | AugmentError::TooMany { index, .. } => index,
        }
    }
}

/// A list of augmentations at work on samples of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Augmenter {
    shape: Shape,
    image: Option<Image>,
    seed: u64,
    /// Each with what names its draws.
    list: Vec<(Augment, u16)>,
}

impl Augmenter {
    /// `list`, whose settings are in their ranges, for samples of this shape.
    ///
    /// # Errors
    /// An augmentation of images where samples are none, one that moves an image by its
    /// smaller side or more, a second that blends samples.
    pub fn new(list: &[Augment], shape: Shape, seed: u64) -> Result<Self, AugmentError> {
        let image = match shape {
            Shape::Image { height, width, .. } => Some(Image { height, width }),
            Shape::Vector(_) => None,
        };
        let mut named = Vec::new();
        for (index, augment) in list.iter().enumerate() {
            let name = augment.name();
            if augment.needs_image() && image.is_none() {
                return Err(AugmentError::NoImage { index, name, shape });
            }
            if let (Some((key, pixels)), Some(image)) = (augment.moves(), image)
                && pixels >= image.side()
            {
                return Err(AugmentError::TooFar { index, name, key, pixels, shape });
            }
            let before = &list[..index];
            if augment.blends() && before.iter().any(Augment::blends) {
                return Err(AugmentError::Twice { index });
            }
            let ordinal = before.iter().filter(|other| other.kind() == augment.kind()).count();
            let Ok(ordinal) = u8::try_from(ordinal) else {
                return Err(AugmentError::TooMany { index, name });
            };
            named.push((*augment, augment.kind() << 8 | u16::from(ordinal)));
        }
        Ok(Augmenter { shape, image, seed, list: named })
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What is done in `epoch` (from 1) to samples in this order, in batches of
    /// `batch_size`. The order's numbers are the samples' places in the training set.
    pub fn epoch<'a>(
        &'a self,
        epoch: u64,
        order: &'a [u32],
        batch_size: usize,
    ) -> AugmentedEpoch<'a> {
        let mut augmented = AugmentedEpoch {
            augmenter: self,
            epoch,
            order,
            batch_size: batch_size.max(1),
            partners: Vec::new(),
            blendings: Vec::new(),
        };
        if let Some(at) = self.list.iter().position(|(augment, _)| augment.blends()) {
            augmented.draw_blendings(at);
        }
        augmented
    }

    /// The draws of the augmentation called `layer` for number `of` in `epoch`.
    fn stream(&self, layer: u16, epoch: u64, of: u32) -> Stream {
        let step = epoch << 32 | u64::from(of);
        Key { seed: self.seed, purpose: Purpose::Augment, layer, step }.stream()
    }
}

/// An epoch's samples, changed.
#[derive(Clone, Debug)]
pub struct AugmentedEpoch<'a> {
    augmenter: &'a Augmenter,
    epoch: u64,
    order: &'a [u32],
    batch_size: usize,
    /// For each position of the order that of the sample it is blended with; empty where
    /// none is.
    partners: Vec<u32>,
    /// For each batch.
    blendings: Vec<Blending>,
}

impl AugmentedEpoch<'_> {
    /// Draws each batch's blending, and partners by a permutation of the batch.
    fn draw_blendings(&mut self, at: usize) {
        let (augment, layer) = self.augmenter.list[at];
        self.partners = (0..self.order.len() as u32).collect();
        for (batch, partners) in self.partners.chunks_mut(self.batch_size).enumerate() {
            let mut stream = self.augmenter.stream(layer, self.epoch, batch as u32);
            self.blendings.push(match (augment, self.augmenter.image) {
                (Augment::Cutmix { alpha }, Some(image)) => {
                    Blending::cut(alpha, image, &mut stream)
                }
                (Augment::Cutmix { alpha } | Augment::Mixup { alpha }, _) => {
                    Blending::mix(alpha, &mut stream)
                }
                _ => unreachable!("an augmentation that blends"),
            });
            stream.shuffle(partners);
        }
    }

    /// Values of scratch that [`values`](Self::values) works in.
    pub fn scratch(&self) -> usize {
        let n = self.augmenter.shape.len();
        if self.partners.is_empty() { n } else { 2 * n }
    }

    /// Which sample the one at `position` is blended with, and the share of its own target;
    /// `None` where it is not blended.
    pub fn blend(&self, position: usize) -> Option<(u32, f32)> {
        let partner = *self.partners.get(position)? as usize;
        let share = self.blendings[position / self.batch_size].share();
        (partner != position).then(|| (self.order[partner], share))
    }

    /// Writes the values of the sample at `position` of the order; `read` writes those of a
    /// sample as it is stored. Augmentations are applied in the order of the list; a
    /// partner that is blended in has had those before, as it has them itself.
    ///
    /// # Panics
    /// If there is no such position, or `out` or `scratch` is too short.
    pub fn values(
        &self,
        position: usize,
        read: impl Fn(u32, &mut [f32]),
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        let list = &self.augmenter.list[..];
        let (work, theirs) = scratch.split_at_mut(self.augmenter.shape.len());
        let sample = self.order[position];
        let blends = list.iter().position(|(augment, _)| augment.blends());
        let before = blends.unwrap_or(list.len());
        read(sample, out);
        self.change(&list[..before], sample, out, work);
        let Some(at) = blends else { return };
        let partner = self.partners[position] as usize;
        if partner != position {
            let other = self.order[partner];
            let theirs = &mut theirs[..out.len()];
            read(other, theirs);
            self.change(&list[..before], other, theirs, work);
            let blending = self.blendings[position / self.batch_size];
            blending.apply(self.augmenter.image, out, theirs);
        }
        self.change(&list[at + 1..], sample, out, work);
    }

    /// Applies augmentations that change one sample.
    fn change(&self, list: &[(Augment, u16)], sample: u32, values: &mut [f32], work: &mut [f32]) {
        for &(augment, layer) in list {
            let stream = &mut self.augmenter.stream(layer, self.epoch, sample);
            match (augment, self.augmenter.image) {
                (Augment::Noise { std }, _) => noise::noise(std, values, stream),
                (augment, Some(image)) => change_image(augment, image, values, work, stream),
                (_, None) => unreachable!("checked: it is for images"),
            }
        }
    }
}

fn change_image(
    augment: Augment,
    image: Image,
    values: &mut [f32],
    work: &mut [f32],
    stream: &mut Stream,
) {
    match augment {
        Augment::Flip { p } => flip::left_to_right(image, p, values, stream),
        Augment::FlipVertical { p } => flip::top_to_bottom(image, p, values, stream),
        Augment::Shift { pixels } => shift::shift(image, pixels, values, work, stream),
        Augment::Crop { padding } => shift::shift(image, padding, values, work, stream),
        Augment::Rotate { degrees } => turn::rotate(image, degrees, values, work, stream),
        Augment::Zoom { by } => turn::zoom(image, by, values, work, stream),
        Augment::Erase { p, area } => erase::erase(image, (p, area), values, stream),
        Augment::Brightness { by } => light::brightness(by, values, stream),
        Augment::Contrast { by } => light::contrast(by, values, stream),
        Augment::Noise { .. } | Augment::Mixup { .. } | Augment::Cutmix { .. } => {
            unreachable!("done by the caller")
        }
    }
}
