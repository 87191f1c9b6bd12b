//! A stream cut into blocks of whole lines, which several threads take in turn.

use crate::error::Flaw;
use crate::intake::line::{self, Line, RawPoint};
use crate::intake::open::{BLOCK, PointStream};
use crate::intake::timestamp::Clock;
use memchr::memmem::Finder;
use memchr::{memchr, memrchr};
use std::io::{self, ErrorKind, Read};

/// A line of k6 is some hundred bytes; a longer one than this is somebody else's.
const LONGEST_LINE: usize = 4 << 20;

pub(crate) const TOO_LONG: Flaw = Flaw::TooLong { limit_mb: LONGEST_LINE >> 20 };

/// Some whole lines.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Counted from 0.
    pub(crate) number: u64,
    /// Longer than the lines, so that it need not be cleared for every read.
    buffer: Vec<u8>,
    length: usize,
    /// Stands for one line that is longer than any of k6's.
    pub(crate) too_long: bool,
    /// The timestamp of the first point of a scenario, once one was seen.
    pub(crate) start: Option<i64>,
}

impl Block {
    pub(crate) fn lines(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Makes room for `length` bytes.
    fn grow(&mut self, length: usize) {
        if self.buffer.is_empty() {
            // The system's zeros cost nothing.
            self.buffer = vec![0; length];
        } else if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
    }
}

/// The blocks of a stream, in order.
pub(crate) struct Blocks<'a> {
    input: Box<dyn Read + Send + 'a>,
    /// The line that the last block ended in.
    rest: Vec<u8>,
    next: u64,
    ended: bool,
    broken: Option<io::Error>,
    start: Option<Start>,
}

/// What it takes to find the first point of a scenario.
struct Start {
    of_scenario: Finder<'static>,
    /// Where there is no tag `scenario`: a group, but not that of `setup()`.
    of_group: Finder<'static>,
    clock: Clock,
    found: Option<i64>,
}

impl<'a> Blocks<'a> {
    /// `start`: whether the blocks are to tell when the first scenario started.
    pub(crate) fn new(stream: PointStream<'a>, start: bool) -> Self {
        let start = start.then(|| Start {
            of_scenario: Finder::new(b"\"scenario\":\""),
            of_group: Finder::new(b"\"group\":\""),
            clock: Clock::default(),
            found: None,
        });
        let (input, rest) = (stream.input, Vec::new());
        Self { input, rest, next: 0, ended: false, broken: None, start }
    }

    /// Puts the next lines into `block`; `false` at the end.
    ///
    /// An error comes after all the whole lines before it.
    pub(crate) fn take(&mut self, block: &mut Block) -> io::Result<bool> {
        if let Some(error) = self.broken.take() {
            self.ended = true;
            return Err(error);
        }
        if self.ended {
            return Ok(false);
        }
        block.too_long = false;
        let complete = loop {
            match self.fill(block) {
                Some(complete) => break complete,
                None if block.length > LONGEST_LINE => {
                    block.too_long = true;
                    self.skip_line(block);
                    break 0;
                }
                None => self.rest.extend_from_slice(block.lines()),
            }
        };
        self.rest.clear();
        if self.broken.is_none() {
            self.rest.extend_from_slice(&block.lines()[complete..]);
        }
        block.length = complete;
        block.number = self.next;
        self.next += 1;
        block.start = self.start(block.lines());
        Ok(true)
    }

    /// The rest and a block more of the stream; returns how much of it is whole lines, if any.
    fn fill(&mut self, block: &mut Block) -> Option<usize> {
        let before = self.rest.len();
        let full = before / BLOCK * BLOCK + BLOCK;
        block.grow(full);
        block.buffer[..before].copy_from_slice(&self.rest);
        self.rest.clear();
        block.length = before;
        while block.length < full {
            match self.input.read(&mut block.buffer[block.length..full]) {
                Ok(0) => {
                    self.ended = true;
                    return Some(block.length);
                }
                Ok(read) => block.length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.broken = Some(error);
                    break;
                }
            }
        }
        let complete = memrchr(b'\n', &block.lines()[before..]).map(|it| before + it + 1);
        complete.or(self.broken.is_some().then_some(0))
    }

    /// SeriesKeys in the block what stands behind the end of the line that it is in.
    fn skip_line(&mut self, block: &mut Block) {
        block.length = 0;
        loop {
            match self.input.read(&mut block.buffer) {
                Ok(0) => {
                    self.ended = true;
                    return;
                }
                Ok(read) => {
                    if let Some(end) = memchr(b'\n', &block.buffer[..read]) {
                        block.buffer.copy_within(end + 1..read, 0);
                        block.length = read - end - 1;
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.broken = Some(error);
                    return;
                }
            }
        }
    }

    fn start(&mut self, bytes: &[u8]) -> Option<i64> {
        let Start { of_scenario, of_group, clock, found } = self.start.as_mut()?;
        let in_group = |it: &[u8]| {
            let at = of_group.find(it)?;
            Some(!it[at..].starts_with(b"\"group\":\"::setup\""))
        };
        if found.is_none() {
            *found = bytes
                .split(|it| *it == b'\n')
                .filter(|it| of_scenario.find(it).is_some() || in_group(it) == Some(true))
                .find_map(|it| match (RawPoint::of(it), line::read(it)) {
                    (Some(raw), _) => clock.nanos(raw.time),
                    (None, Ok(Line::Point(point))) => clock.nanos(point.time.as_bytes()),
                    _ => None,
                });
        }
        *found
    }
}
