//! What a file holds, told by its content: unpacked, without a byte order mark, and named.

use crate::Error;
use crate::line::{self, BEGINNING};
use crate::zstd::Zstd;
use flate2::bufread::MultiGzDecoder;
use memchr::memchr;
use std::fmt;
use std::io::{self, BufReader, Cursor, Read};

/// How much of a file is looked at to tell what it is, and how much is read at once.
pub(crate) const BLOCK: usize = 1 << 20;

/// A summary is some kilobytes, a history of years some megabytes.
const LONGEST_DOCUMENT: u64 = 64 << 20;

/// A file that k6 or this crate wrote.
#[derive(Debug)]
pub enum Source<'a> {
    /// A summary or records, to be parsed.
    Document(String),
    /// Samples, to be read as they come.
    Samples(Samples<'a>),
}

/// Samples that were not read yet.
pub struct Samples<'a> {
    pub(crate) layout: Layout,
    pub(crate) packing: Packing,
    pub(crate) input: Box<dyn Read + Send + 'a>,
}

/// How samples are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `--out json`
    Ndjson,
    /// `--out csv`
    Csv,
    /// Histograms of this crate.
    Hdr,
}

/// What the samples came wrapped in.
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

impl fmt::Debug for Samples<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Samples").field("layout", &self.layout).finish_non_exhaustive()
    }
}

/// Opens a file of any format, plain or packed by gzip or zstd.
///
/// It is told by its content alone, so a pipe does as well.
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
    let (mut head, end) = head(&mut *input);
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    let Some(layout) = layout(&head) else {
        return document(head, end, input, packing).map(Source::Document);
    };
    let rest: Box<dyn Read + Send + 'a> = match end {
        Ok(true) => Box::new(io::empty()),
        Ok(false) => input,
        // Said again where the samples before it have been read.
        Err(error) => Box::new(Broken(Some(error))),
    };
    let input = Box::new(Cursor::new(head).chain(rest));
    Ok(Source::Samples(Samples { layout, packing, input }))
}

/// The beginning, and whether it is everything.
fn head(input: &mut dyn Read) -> (Vec<u8>, io::Result<bool>) {
    let mut head = vec![0; BLOCK];
    let mut length = 0;
    let end = loop {
        match input.read(&mut head[length..]) {
            Ok(0) => break Ok(length < head.len()),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    head.truncate(length);
    (head, end)
}

/// Fails at once.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Whether these are samples; words of somebody else may stand before them.
fn layout(head: &[u8]) -> Option<Layout> {
    if head.starts_with(b"metric_name,") {
        return Some(Layout::Csv);
    }
    let mut lines = head.split(|it| *it == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.clone().find(|it| !it.is_empty())?;
    if first.starts_with(crate::hdr::BEGINNING) {
        return Some(Layout::Hdr);
    }
    let looks_so = |it: &[u8]| {
        it.starts_with(BEGINNING) && line::Parts::of(it).is_some()
            || it.starts_with(b"{\"type\":\"Metric\",\"data\":{")
    };
    let is_point = memchr(b'{', first) == Some(0) && line::read(first).is_ok();
    (is_point || lines.any(looks_so)).then_some(Layout::Ndjson)
}

fn document(
    head: Vec<u8>,
    end: io::Result<bool>,
    input: Box<dyn Read + Send + '_>,
    packing: Packing,
) -> Result<String, Error> {
    let broken = |source| match packing {
        Packing::Plain => Error::Read(source),
        _ => Error::Packed { packing: packing.to_string(), lines: 0, source },
    };
    let mut bytes = head;
    if !end.map_err(broken)? {
        let mut rest = input.take(LONGEST_DOCUMENT);
        rest.read_to_end(&mut bytes).map_err(broken)?;
    }
    if bytes.len() as u64 > LONGEST_DOCUMENT {
        return Err(Error::TooLong { limit_mb: LONGEST_DOCUMENT >> 20 });
    }
    String::from_utf8(bytes).map_err(|it| Error::NotText { byte: it.utf8_error().valid_up_to() })
}
