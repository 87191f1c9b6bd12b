//! What a file holds, told by its content: unpacked, without a byte order mark, and named.

use crate::error::Error;
use crate::intake::line::{self, BEGINNING};
use crate::intake::zstd::Zstd;
use flate2::bufread::MultiGzDecoder;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufReader, Cursor, Read};

/// How much of a file is looked at to tell what it is, and how much is read at once.
pub(crate) const BLOCK: usize = 1 << 20;

/// So many bytes of points with their timestamps are those of no other file.
const COMPARED: usize = 64 << 10;

/// How the first line of a file of histograms begins.
const HDR_BEGINNING: &[u8] = b"{\"k6-summary-hdr\":";

/// So much of somebody else's words may stand before the first point.
const LONGEST_PREFACE: usize = 16 << 20;

/// A summary is some kilobytes, a history of years some megabytes.
const LONGEST_DOCUMENT: usize = 64 << 20;

/// A file that k6 or this crate wrote.
#[derive(Debug)]
pub enum Source<'a> {
    /// A summary or records, to be parsed.
    Document(String),
    /// Points, to be read as they come.
    Points(PointStream<'a>),
}

/// The points of a file, or its histograms, that were not read yet.
pub struct PointStream<'a> {
    pub(crate) layout: Layout,
    pub(crate) packing: Packing,
    pub(crate) input: Box<dyn Read + Send + 'a>,
    /// Names what the file begins with: the same samples do in whatever packing.
    pub(crate) beginning: u64,
}

/// How points are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `--out json`
    Ndjson,
    /// `--out csv`
    Csv,
    /// Histograms of this crate.
    Hdr,
}

/// What the points came wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

impl fmt::Debug for PointStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PointStream").field("layout", &self.layout).finish_non_exhaustive()
    }
}

/// Opens a file of any format, plain or packed by gzip or zstd.
///
/// It is told by its content alone, so a pipe does as well.
///
/// # Errors
/// Of a document [`Error::Read`], [`Error::Packed`], [`Error::TooLong`] and [`Error::NotText`]; what is wrong with points
/// is told where they are read.
pub fn open<'a>(input: impl Read + Send + 'a) -> Result<Source<'a>, Error> {
    let (mut input, mut magic) = (input, Vec::new());
    // A pipe may bring them one by one.
    input.by_ref().take(4).read_to_end(&mut magic).map_err(Error::Read)?;
    let packing = match *magic {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        // A frame, or a frame to be skipped before it.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
        _ => Packing::Plain,
    };
    let input = Cursor::new(magic).chain(input);
    let buffered = |it| BufReader::with_capacity(1 << 17, it);
    let mut input: Box<dyn Read + Send + 'a> = match packing {
        // Without the buffer between, which only copies.
        Packing::Plain => Box::new(input),
        Packing::Gzip => Box::new(MultiGzDecoder::new(buffered(input))),
        Packing::Zstd => Box::new(Zstd::new(buffered(input))),
    };
    let mut head = Vec::new();
    let mut end = read_on(&mut *input, &mut head, BLOCK);
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    let mut found = layout(&head);
    // Twice as much each time, so that all of it together is looked at about twice.
    while found.is_none() && matches!(end, Ok(false)) && head.len() < LONGEST_PREFACE {
        let length = (2 * head.len()).min(LONGEST_PREFACE);
        end = read_on(&mut *input, &mut head, length);
        found = layout(&head);
    }
    let Some(layout) = found else {
        return document(head, end, &mut *input, packing).map(Source::Document);
    };
    let rest: Box<dyn Read + Send + 'a> = match end {
        Ok(true) => Box::new(io::empty()),
        Ok(false) => input,
        // Said again where the samples before it have been read.
        Err(error) => Box::new(Broken(Some(error))),
    };
    let mut beginning = DefaultHasher::new();
    head[..head.len().min(COMPARED)].hash(&mut beginning);
    let input = Box::new(Cursor::new(head).chain(rest));
    Ok(Source::Points(PointStream { layout, packing, input, beginning: beginning.finish() }))
}

/// Reads until there are so many bytes; whether those are everything.
fn read_on(input: &mut dyn Read, bytes: &mut Vec<u8>, length: usize) -> io::Result<bool> {
    let missing = length.saturating_sub(bytes.len());
    bytes.reserve(missing);
    Ok(input.take(missing as u64).read_to_end(bytes)? < missing)
}

/// Fails at once.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Whether these are samples; words of somebody else may stand before points.
fn layout(head: &[u8]) -> Option<Layout> {
    if head.starts_with(b"metric_name,") {
        return Some(Layout::Csv);
    }
    let mut lines = head.split(|it| *it == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.clone().find(|it| !it.is_empty())?;
    if first.starts_with(HDR_BEGINNING) {
        return Some(Layout::Hdr);
    }
    // The first two do for a line that is not there to its end.
    let is_of_k6 = |it: &[u8]| {
        it.starts_with(BEGINNING) && line::RawPoint::of(it).is_some()
            || it.starts_with(b"{\"type\":\"Metric\",\"data\":{")
            || it.starts_with(b"{") && line::read(it).is_ok()
    };
    lines.any(is_of_k6).then_some(Layout::Ndjson)
}

fn document(
    mut bytes: Vec<u8>,
    end: io::Result<bool>,
    input: &mut dyn Read,
    packing: Packing,
) -> Result<String, Error> {
    let broken = |source| match packing {
        Packing::Plain => Error::Read(source),
        _ => Error::Packed { packing: packing.to_string(), lines: 0, source },
    };
    let is_all = end.map_err(broken)?;
    if !is_all && !read_on(input, &mut bytes, LONGEST_DOCUMENT + 1).map_err(broken)? {
        return Err(Error::TooLong { limit_mb: (LONGEST_DOCUMENT >> 20) as u64 });
    }
    String::from_utf8(bytes).map_err(|it| Error::NotText { byte: it.utf8_error().valid_up_to() })
}
