//! One image file as bytes: PNG and JPEG.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use png::{ColorType, DecodingError, Limits, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::error::ImageFault;
use crate::FileFault;
use crate::bytes::{DEFLATE_LIMIT, io_fault};

/// No image has more pixels than this.
const MOST_PIXELS: u64 = 1 << 27;
/// What a decoder may take besides the pixels.
const DECODER_BYTES: usize = 1 << 30;
const TOO_MANY: &str = ", more than 134 million";
const NOT_HELD: &str = ", which cannot hold so many";

/// An image, `[rows][columns][channels]`.
pub(super) struct Pixels {
    pub rows: usize,
    pub columns: usize,
    /// 1: grey, 3: red, green and blue.
    pub channels: usize,
    pub values: Vec<u8>,
}

impl Pixels {
    /// The same image in so many channels: 1 or 3.
    pub fn into_channels(self, channels: usize) -> Self {
        let values = match (self.channels, channels) {
            (1, 3) => self.values.iter().flat_map(|grey| [*grey; 3]).collect(),
            (3, 1) => self.values.chunks_exact(3).map(|rgb| grey(rgb[0], rgb[1], rgb[2])).collect(),
            _ => return self,
        };
        Pixels { channels, values, ..self }
    }
}

/// The luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, in 16 bits of precision.
fn grey(red: u8, green: u8, blue: u8) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    ((19_595 * red + 38_470 * green + 7_471 * blue + 0x8000) >> 16) as u8
}

/// What an image's header says.
pub(super) struct Head {
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
}

/// Whether a file is an image, by its ending.
pub(super) fn is_image(path: &Path) -> bool {
    is_png(path) || has_ending(path, &["jpg", "jpeg"])
}

fn is_png(path: &Path) -> bool {
    has_ending(path, &["png"])
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    endings.contains(&&*ending)
}

/// Reads a whole image.
pub(super) fn read(path: &Path) -> Result<Pixels, FileFault> {
    let bytes = load(path)?;
    if is_png(path) { png(&bytes) } else { jpeg(&bytes) }
}

/// Reads what an image's header says.
pub(super) fn head(path: &Path) -> Result<Head, FileFault> {
    let bytes = load(path)?;
    if is_png(path) {
        let reader = png_reader(&bytes)?;
        let info = reader.info();
        let grey = matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
        let (rows, columns) = (info.height as usize, info.width as usize);
        Ok(Head { rows, columns, channels: if grey { 1 } else { 3 } })
    } else {
        let (_, head) = jpeg_decoder(&bytes)?;
        Ok(head)
    }
}

fn load(path: &Path) -> Result<Vec<u8>, FileFault> {
    let bytes = fs::read(path).map_err(io_fault)?;
    if bytes.is_empty() { Err(FileFault::Empty) } else { Ok(bytes) }
}

fn check_size(rows: u64, columns: u64, bytes: usize) -> Result<(), ImageFault> {
    let lies = |limit| ImageFault::Lies { columns, rows, bytes: bytes as u64, limit };
    if rows.saturating_mul(columns) > MOST_PIXELS { Err(lies(TOO_MANY)) } else { Ok(()) }
}

fn png_fault(error: DecodingError) -> FileFault {
    let why = match error {
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it ends too early".to_owned()
        }
        DecodingError::LimitsExceeded => "it needs more memory than an image should".to_owned(),
        error => error.to_string(),
    };
    ImageFault::Unreadable { kind: "PNG", why }.into()
}

fn png_reader(bytes: &[u8]) -> Result<png::Reader<Cursor<&[u8]>>, FileFault> {
    let limits = Limits { bytes: DECODER_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let info = decoder.read_header_info().map_err(png_fault)?;
    let (rows, columns) = (u64::from(info.height), u64::from(info.width));
    check_size(rows, columns, bytes.len())?;
    // A bit a pixel is the least; deflate cannot pack more.
    let needed = info.raw_row_length_from_width(info.width) as u64;
    if needed.saturating_mul(rows) > (bytes.len() as u64).saturating_mul(DEFLATE_LIMIT) {
        let (bytes, limit) = (bytes.len() as u64, NOT_HELD);
        return Err(ImageFault::Lies { columns, rows, bytes, limit }.into());
    }
    decoder.read_info().map_err(png_fault)
}

fn png(bytes: &[u8]) -> Result<Pixels, FileFault> {
    let mut reader = png_reader(bytes)?;
    let size = reader.output_buffer_size().unwrap_or(usize::MAX);
    let mut values = Vec::new();
    values.try_reserve_exact(size).map_err(|_| FileFault::TooLarge { dims: vec![size as u64] })?;
    values.resize(size, 0);
    let info = reader.next_frame(&mut values).map_err(png_fault)?;
    values.truncate(info.buffer_size());
    let (rows, columns) = (info.height as usize, info.width as usize);
    let (channels, values) = match info.color_type {
        ColorType::Grayscale => (1, values),
        ColorType::Rgb | ColorType::Indexed => (3, values),
        ColorType::GrayscaleAlpha => (1, on_white(&values, 1)),
        ColorType::Rgba => (3, on_white(&values, 3)),
    };
    Ok(Pixels { rows, columns, channels, values })
}

/// Lays an image that can be seen through on white.
fn on_white(values: &[u8], channels: usize) -> Vec<u8> {
    let pixel = |pixel: &[u8]| -> [u8; 3] {
        let alpha = u32::from(pixel[channels]);
        std::array::from_fn(|channel| {
            let value = u32::from(pixel[channel.min(channels - 1)]);
            ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        })
    };
    let laid = values.chunks_exact(channels + 1).map(pixel);
    laid.flat_map(|pixel| pixel.into_iter().take(channels)).collect()
}

/// A decoder that has read its header.
type Jpeg<'a> = JpegDecoder<Cursor<&'a [u8]>>;

fn jpeg_decoder(bytes: &[u8]) -> Result<(Jpeg<'_>, Head), FileFault> {
    let fault = |why: String| ImageFault::Unreadable { kind: "JPEG", why };
    let side = usize::from(u16::MAX);
    let options =
        DecoderOptions::new_safe().set_max_width(side).set_max_height(side).set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| fault(error.to_string()))?;
    let info = decoder.info().ok_or_else(|| fault("it has no header".into()))?;
    let (rows, columns) = (usize::from(info.height), usize::from(info.width));
    check_size(rows as u64, columns as u64, bytes.len())?;
    if rows == 0 || columns == 0 {
        return Err(fault("it has no pixels".into()).into());
    }
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let space = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    Ok((decoder, Head { rows, columns, channels: if grey { 1 } else { 3 } }))
}

fn jpeg(bytes: &[u8]) -> Result<Pixels, FileFault> {
    let fault = |why: String| ImageFault::Unreadable { kind: "JPEG", why };
    let (mut decoder, Head { rows, columns, channels }) = jpeg_decoder(bytes)?;
    let values = decoder.decode().map_err(|error| fault(error.to_string()))?;
    if values.len() != rows * columns * channels {
        return Err(fault("it holds another number of pixels than its header says".into()).into());
    }
    Ok(Pixels { rows, columns, channels, values })
}
