//! Parquet files, column by column, without Arrow.
//! <https://parquet.apache.org/docs/file-format/>

use std::fs::File;
use std::path::Path;

use parquet::basic::{
    Compression, ConvertedType, Encoding, LogicalType, TimeUnit, Type as Physical,
};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::column::{Filled, Filling};
use super::error::{Place, TableFault};
use super::fields::MissingTexts;
use super::roles::{Kind, Wanted};
use super::{Choose, RawTable};
use crate::bytes::open_file;
use crate::progress::Watch;
use crate::{FileFault, LoadProgress, memory};

/// Values that are read at once.
const BATCH: usize = 1 << 14;
const SECONDS_A_DAY: f64 = 86_400.0;
/// The Julian day of 1970-01-01, from which INT96 times count.
const JULIAN_EPOCH: f64 = 2_440_588.0;

/// Reads the columns that `choose` wants of a file. Nulls and NaN are missing, and texts only
/// where `missing` names them.
pub(super) fn read(
    path: &Path,
    missing: Option<&[String]>,
    choose: Choose<'_>,
    watch: Watch<'_>,
) -> Result<RawTable, FileFault> {
    let (file, len) = open_file(path)?;
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let names: Vec<String> =
        schema.root_schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    let wanted = choose(&names)?;
    let missing = MissingTexts::new(Some(missing.unwrap_or_default()));
    let rows = reader.metadata().row_groups().iter().map(|group| group.num_rows().max(0) as usize);
    let rows = rows.fold(0usize, usize::saturating_add);
    if rows == 0 {
        return Err(TableFault::NoRows.into());
    }
    memory::check((rows as u64).saturating_mul(8 * wanted.len() as u64))?;
    let leaves: Vec<(usize, Meaning)> =
        wanted.iter().map(|wanted| leaf(&schema, wanted)).collect::<Result<_, _>>()?;
    let size = |leaf: usize| -> i64 {
        reader.metadata().row_groups().iter().map(|g| g.column(leaf).compressed_size()).sum()
    };
    let of = leaves.iter().map(|(leaf, _)| size(*leaf).max(0) as u64).sum();
    let mut done = 0;
    let mut columns: Vec<Filled> = Vec::with_capacity(wanted.len());
    for (wanted, (leaf, meaning)) in wanted.iter().zip(leaves) {
        let kind = match (wanted.kind, &meaning) {
            (Kind::Found, Meaning::Text | Meaning::Flag) => Kind::Categories,
            (Kind::Found, _) => Kind::Numbers,
            (kind, _) => kind,
        };
        // The header of a damaged file may promise any number of rows.
        let mut column = Filling::new(wanted, kind, rows.min(1 << 24));
        let into = &mut Into { column: &mut column, missing: &missing, meaning, row: 0 };
        for group in 0..reader.num_row_groups() {
            read_chunk(&reader, group, leaf, len, into)?;
            done += reader.metadata().row_group(group).column(leaf).compressed_size().max(0) as u64;
            watch(LoadProgress { done, of, rows: into.row });
        }
        columns.push(column.end()?);
    }
    Ok(RawTable { columns, rows })
}

fn damaged(error: ParquetError) -> FileFault {
    let text = error.to_string();
    let text = text.trim_start_matches("Parquet error: ").trim_end_matches(['.', '\n']);
    TableFault::DamagedParquet(text.to_owned()).into()
}

/// What the stored values of a column stand for.
#[derive(Clone, Copy)]
enum Meaning {
    /// Numbers, to be multiplied: times are in seconds.
    Number(f64),
    /// Whole numbers without a sign.
    Unsigned,
    /// Whole numbers with so many decimals.
    Decimal(i32),
    /// Half-precision numbers.
    Half,
    /// Days and nanoseconds.
    Int96,
    Flag,
    Text,
}

/// The stored column of a wanted one, and what it holds.
fn leaf(schema: &SchemaDescriptor, wanted: &Wanted) -> Result<(usize, Meaning), TableFault> {
    let refuse = |what: String| TableFault::ColumnKind { column: wanted.name.clone(), what };
    let mut leaves =
        (0..schema.num_columns()).filter(|&at| schema.get_column_root_idx(at) == wanted.at);
    let (Some(at), None) = (leaves.next(), leaves.next()) else {
        return Err(refuse("nested values (lists or records)".into()));
    };
    let column = schema.column(at);
    if column.max_rep_level() > 0 || column.path().parts().len() > 1 {
        return Err(refuse("nested values (lists or records)".into()));
    }
    let meaning = meaning(&column).ok_or_else(|| {
        refuse(match column.logical_type_ref() {
            Some(logical) => format!("values of type {logical:?}"),
            None => format!("values of type {:?}", column.physical_type()),
        })
    })?;
    Ok((at, meaning))
}

fn meaning(column: &ColumnDescriptor) -> Option<Meaning> {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1e-3,
        TimeUnit::MICROS => 1e-6,
        TimeUnit::NANOS => 1e-9,
    };
    let logical = match column.logical_type_ref() {
        Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => Meaning::Text,
        Some(LogicalType::Integer(int)) if !int.is_signed => Meaning::Unsigned,
        Some(LogicalType::Integer(_)) => Meaning::Number(1.0),
        Some(LogicalType::Decimal(decimal)) => Meaning::Decimal(decimal.scale),
        Some(LogicalType::Date) => Meaning::Number(SECONDS_A_DAY),
        Some(LogicalType::Time(time)) => Meaning::Number(unit(&time.unit)),
        Some(LogicalType::Timestamp(time)) => Meaning::Number(unit(&time.unit)),
        Some(LogicalType::Float16) => Meaning::Half,
        // A column without a single value.
        Some(LogicalType::Unknown) => Meaning::Number(1.0),
        Some(_) => return None,
        None => match column.converted_type() {
            ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Meaning::Text,
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Meaning::Unsigned,
            ConvertedType::DECIMAL => Meaning::Decimal(column.type_scale()),
            ConvertedType::DATE => Meaning::Number(SECONDS_A_DAY),
            ConvertedType::TIME_MILLIS | ConvertedType::TIMESTAMP_MILLIS => Meaning::Number(1e-3),
            ConvertedType::TIME_MICROS | ConvertedType::TIMESTAMP_MICROS => Meaning::Number(1e-6),
            ConvertedType::INTERVAL | ConvertedType::BSON => return None,
            _ => match column.physical_type() {
                Physical::BOOLEAN => Meaning::Flag,
                Physical::INT96 => Meaning::Int96,
                // Old writers do not say that bytes are text.
                Physical::BYTE_ARRAY => Meaning::Text,
                Physical::FIXED_LEN_BYTE_ARRAY => return None,
                _ => Meaning::Number(1.0),
            },
        },
    };
    Some(logical)
}

/// Where values go.
struct Into<'a> {
    column: &'a mut Filling,
    missing: &'a MissingTexts,
    meaning: Meaning,
    row: u64,
}

impl Into<'_> {
    fn number(&mut self, value: f64) -> Result<(), TableFault> {
        let row = self.row;
        self.column.push_number(value, || Place::Row(row))
    }

    fn flag(&mut self, value: bool) -> Result<(), TableFault> {
        let row = self.row;
        if self.column.holds_numbers() {
            return self.number(f64::from(u8::from(value)));
        }
        self.column.push_category(if value { "true" } else { "false" }, || Place::Row(row))
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), TableFault> {
        let row = self.row;
        match (self.meaning, bytes) {
            (Meaning::Decimal(scale), _) => self.number(decimal(bytes, scale)),
            (Meaning::Half, [low, high]) => self.number(half(u16::from_le_bytes([*low, *high]))),
            _ => {
                let text = std::str::from_utf8(bytes).map_err(|_| TableFault::ColumnKind {
                    column: self.column.name().to_owned(),
                    what: "bytes that are not UTF-8 text".into(),
                })?;
                self.column.push(text, self.missing, || Place::Row(row))
            }
        }
    }
}

/// A whole number, the highest byte first, with so many decimals.
fn decimal(bytes: &[u8], scale: i32) -> f64 {
    let start = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1i128 } else { 0 };
    let whole = bytes.iter().fold(start, |whole, byte| (whole << 8) | i128::from(*byte));
    whole as f64 / 10f64.powi(scale)
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Reads one column of one row group.
fn read_chunk(
    reader: &SerializedFileReader<File>,
    group: usize,
    leaf: usize,
    of: u64,
    into: &mut Into<'_>,
) -> Result<(), FileFault> {
    let meta = reader.metadata().row_group(group);
    let method = match meta.column(leaf).compression() {
        Compression::ZSTD(_) => Some("zstd"),
        Compression::BROTLI(_) => Some("brotli"),
        Compression::LZO => Some("lzo"),
        _ => None,
    };
    if let Some(method) = method {
        let (column, method) = (into.column.name().to_owned(), method.to_owned());
        return Err(TableFault::ParquetCompression { column, method }.into());
    }
    check_range(meta.column(leaf), of)?;
    let rows = meta.num_rows().max(0) as usize;
    let levels = meta.column(leaf).column_descr().max_def_level();
    let group = reader.get_row_group(group).map_err(damaged)?;
    let Into { meaning, .. } = *into;
    let signed = !matches!(meaning, Meaning::Unsigned);
    let (times, decimals) = match meaning {
        Meaning::Number(times) => (times, 0),
        Meaning::Decimal(scale) => (1.0, scale),
        _ => (1.0, 0),
    };
    // A quotient is rounded once, a product with 10⁻ⁿ twice.
    let whole =
        |value: f64| if decimals == 0 { value * times } else { value / 10f64.powi(decimals) };
    let pages =
        Pages { inner: group.get_column_page_reader(leaf).map_err(damaged)?, dictionary: false };
    let descriptor = meta.column(leaf).column_descr_ptr();
    match get_column_reader(descriptor, Box::new(pages)) {
        ColumnReader::BoolColumnReader(r) => {
            values(r, rows, levels, into, |i, v: &bool| i.flag(*v))
        }
        ColumnReader::Int32ColumnReader(r) => values(r, rows, levels, into, |i, v: &i32| {
            i.number(whole(if signed { f64::from(*v) } else { f64::from(*v as u32) }))
        }),
        ColumnReader::Int64ColumnReader(r) => values(r, rows, levels, into, |i, v: &i64| {
            i.number(whole(if signed { *v as f64 } else { *v as u64 as f64 }))
        }),
        ColumnReader::Int96ColumnReader(r) => values(r, rows, levels, into, |i, v: &Int96| {
            let [low, high, day] = [0, 1, 2].map(|at| f64::from(v.data()[at]));
            let nanoseconds = high * 4_294_967_296.0 + low;
            i.number((day - JULIAN_EPOCH) * SECONDS_A_DAY + nanoseconds / 1e9)
        }),
        ColumnReader::FloatColumnReader(r) => {
            values(r, rows, levels, into, |i, v: &f32| i.number(f64::from(*v)))
        }
        ColumnReader::DoubleColumnReader(r) => {
            values(r, rows, levels, into, |i, v: &f64| i.number(*v))
        }
        ColumnReader::ByteArrayColumnReader(r) => {
            values(r, rows, levels, into, |i, v: &ByteArray| i.bytes(v.data()))
        }
        ColumnReader::FixedLenByteArrayColumnReader(r) => {
            values(r, rows, levels, into, |i, v: &FixedLenByteArray| i.bytes(v.data()))
        }
    }
}

/// The pages of a column, which must have their dictionary before they refer to it: what
/// decodes them takes that for granted.
struct Pages {
    inner: Box<dyn PageReader>,
    dictionary: bool,
}

impl Iterator for Pages {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        let page = self.inner.get_next_page()?;
        match &page {
            Some(Page::DictionaryPage { .. }) => self.dictionary = true,
            Some(page)
                if matches!(
                    page.encoding(),
                    Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY
                ) && !self.dictionary =>
            {
                return Err(ParquetError::General("a dictionary is missing".into()));
            }
            _ => {}
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool, ParquetError> {
        self.inner.at_record_boundary()
    }
}

/// The bytes of a column must lie within the file: what reads them takes that for granted.
fn check_range(chunk: &ColumnChunkMetaData, of: u64) -> Result<(), TableFault> {
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let end = start.checked_add(chunk.compressed_size());
    let within = start >= 0 && chunk.data_page_offset() >= 0 && chunk.compressed_size() >= 0;
    match end.and_then(|end| u64::try_from(end).ok()) {
        Some(end) if within && end <= of => Ok(()),
        _ => Err(TableFault::DamagedParquet("a column lies outside the file".into())),
    }
}

/// Reads all values of a column of one row group; where one is not there, a missing one.
fn values<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    most: i16,
    into: &mut Into<'_>,
    mut push: impl FnMut(&mut Into<'_>, &T::T) -> Result<(), TableFault>,
) -> Result<(), FileFault> {
    let (mut found, mut levels, mut left) = (Vec::new(), Vec::new(), rows);
    while left > 0 {
        found.clear();
        levels.clear();
        let (records, ..) = reader
            .read_records(left.min(BATCH), Some(&mut levels), None, &mut found)
            .map_err(damaged)?;
        if records == 0 || (most > 0 && levels.len() != records) {
            let lacking = format!("{left} of {rows} rows are not there");
            return Err(TableFault::DamagedParquet(lacking).into());
        }
        // A column without gaps has no levels.
        levels.resize(records, most);
        let mut stored = found.iter();
        for level in &levels {
            into.row += 1;
            match (*level == most).then(|| stored.next()) {
                None => {
                    let row = into.row;
                    into.column.push_missing(|| Place::Row(row));
                }
                Some(Some(value)) => push(into, value)?,
                Some(None) => {
                    let lacking = "values are not there".to_owned();
                    return Err(TableFault::DamagedParquet(lacking).into());
                }
            }
        }
        left -= records;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_numbers_are_read() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_953_125),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x7bff, 65_504.0),
            (0x7c00, f64::INFINITY),
            (0, 0.0),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn decimals_are_read() {
        assert_eq!(decimal(&[0x04, 0xd2], 2), 12.34);
        assert_eq!(decimal(&[0xff], 1), -0.1);
        assert_eq!(decimal(&[], 1), 0.0);
    }
}
